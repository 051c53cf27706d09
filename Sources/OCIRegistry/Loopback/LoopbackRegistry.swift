import FoundationEssentials
import HostSystem
import OCIModel
import Synchronization

/// A read-only registry on 127.0.0.1 that serves images out of a folder of blobs, so that `docker pull` and
/// `podman pull` on this machine need neither a registry nor an archive.
///
/// Names begin with a random word that only this process knows, and only blobs that the served images name are given
/// out: other people on the machine cannot read what is served. It ends when it is let go of.
package final class LoopbackRegistry: Sendable {
    /// An image to serve.
    package struct Image: Sendable {
        /// Without registry: `vision/digits`.
        package let path: String
        package let tag: Tag
        package let manifest: Digest

        package init(path: String, tag: Tag, manifest: Digest) {
            self.path = path
            self.tag = tag
            self.manifest = manifest
        }
    }

    private struct Served: Sendable {
        var mediaType: MediaType
        var isManifest: Bool
    }

    private let blobs: any BlobFolder
    private let word = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    private let listener: LoopbackListener
    /// By name, then by tag.
    private let names: [String: [String: Digest]]
    /// By name, then by digest.
    private let content: [String: [Digest: Served]]
    private let wasAsked = Atomic(false)

    /// Serves from now on.
    ///
    /// - Parameter onSent: told how many bytes of a blob or a manifest went out just now, from several threads.
    /// - Throws: `OCIRegistryError` when a manifest or a blob that an image needs is missing or damaged.
    package init(_ blobs: any BlobFolder, images: [Image], onSent: @escaping @Sendable (Int) -> Void = { _ in }) throws
    {
        self.blobs = blobs
        var names: [String: [String: Digest]] = [:]
        var content: [String: [Digest: Served]] = [:]
        let source = BlobFolderImages(name: "loopback", blobs: blobs, table: TagsInMemory())
        for image in images {
            let name = "\(word)/\(image.path)"
            names[name, default: [:]]["\(image.tag)"] = image.manifest
            var pending = [image.manifest]
            while let digest = pending.popLast() {
                let manifest = try source.manifest(.digest(digest))
                content[name, default: [:]][digest] = Served(mediaType: manifest.mediaType, isManifest: true)
                if case .index(let index) = manifest { pending += index.value.manifests.map(\.digest) }
                for blob in manifest.blobs where !blob.mediaType.isForeign {
                    guard blobs.hasBlob(blob.digest, size: blob.size) else {
                        throw OCIRegistryError("serve \(image.path):\(image.tag)", "\(blob.digest)", .missing)
                    }
                    content[name, default: [:]][blob.digest] = Served(mediaType: blob.mediaType, isManifest: false)
                }
            }
        }
        self.names = names
        self.content = content
        listener = try LoopbackListener()
        listener.start(onSent: onSent) { [weak self] request in self?.answer(request) ?? .failure(503) }
    }

    deinit { listener.stop() }

    package var port: Int { listener.port }

    /// What to pull: `127.0.0.1:40123/k3v8…/vision/digits:v1`.
    package func reference(of image: Image) -> String { reference(path: image.path, tag: image.tag) }

    /// The name of something that may not be served at all. Asking for it shows that this registry can be reached.
    package func reference(path: String, tag: Tag) -> String { "127.0.0.1:\(port)/\(word)/\(path):\(tag)" }

    /// Whether somebody who knows the random word has asked for anything yet.
    package var hasBeenReached: Bool { wasAsked.load(ordering: .acquiring) }

    private func answer(_ request: LoopbackRequest) -> LoopbackAnswer {
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard parts.first == "v2" else { return .failure(404) }
        if parts.count <= 1 || parts == ["v2", ""] {
            return .bytes(Array("{}".utf8), type: "application/json", headers: [Self.version])
        }
        guard parts.count >= 4 else { return .failure(404) }
        let name = parts[1..<(parts.count - 2)].joined(separator: "/")
        if parts[1] == word { wasAsked.store(true, ordering: .releasing) }
        let (kind, last) = (parts[parts.count - 2], parts[parts.count - 1])
        guard let tags = names[name], let served = content[name] else { return .failure(404, code: "NAME_UNKNOWN") }
        switch kind {
        case "tags" where last == "list":
            let list = TagList(name: name, tags: tags.keys.sorted())
            guard let body = try? JSONEncoder().encode(list) else { return .failure(500) }
            return .bytes(Array(body), type: "application/json", headers: [Self.version])
        case "manifests", "blobs":
            let digest = kind == "manifests" ? tags[last] ?? (try? Digest(last)) : try? Digest(last)
            guard let digest, let found = served[digest], found.isManifest == (kind == "manifests") else {
                return .failure(404, code: kind == "manifests" ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN")
            }
            return .file(
                blobs.path(of: digest),
                type: found.isManifest ? found.mediaType.rawValue : "application/octet-stream",
                headers: [Self.version, ("Docker-Content-Digest", "\(digest)"), ("ETag", "\"\(digest)\"")])
        default: return .failure(404)
        }
    }

    private struct TagList: Encodable {
        let name: String
        let tags: [String]
    }

    private static let version = ("Docker-Distribution-Api-Version", "registry/2.0")
}
