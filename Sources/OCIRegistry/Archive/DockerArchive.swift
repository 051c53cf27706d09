import FoundationEssentials
import HTTPTransfer
import HostSystem
import OCIModel

/// A tar archive as `docker save` and `podman save` write it, as a source of images.
///
/// Archives that are an OCI layout as well (docker 25 and newer, and ours) keep their manifests. For others a manifest
/// is made from what the archive says: the same archive gives the same digest everywhere.
package struct DockerArchive: ImageSource {
    package let name: String
    private let tar: TarDirectory
    private let images: [Held]
    private let members: [Digest: TarDirectory.Member]

    private struct Held {
        /// Names as they were saved.
        var references: [ImageReference] = []
        /// A tag without the rest of a name, as OCI layouts have it.
        var loneTag: Tag?
        let manifest: ManifestDocument

        var tags: [Tag] { references.compactMap(\.tag) + (loneTag.map { [$0] } ?? []) }
    }

    /// An entry of `manifest.json`.
    struct Entry: Codable, Sendable {
        var config: String
        var repoTags: [String]?
        var layers: [String]

        enum CodingKeys: String, CodingKey {
            case config = "Config"
            case repoTags = "RepoTags"
            case layers = "Layers"
        }
    }

    static let imageNameKey = "io.containerd.image.name"

    package init(_ path: String) throws {
        name = path
        tar = try TarDirectory(path)
        var members: [Digest: TarDirectory.Member] = [:]
        for (name, member) in tar.members where name.hasPrefix("blobs/sha256/") {
            if let digest = Digest(hex: String(name.dropFirst(13))) { members[digest] = member }
        }
        var images: [Held] = []
        do {
            if let index = try tar.read("index.json", limit: ManifestDocument.sizeLimit) {
                images = try Self.layoutImages(tar, index)
            } else if let manifest = try tar.read("manifest.json", limit: ManifestDocument.sizeLimit) {
                guard let entries = try? JSONDecoder().decode([Entry].self, from: Data(manifest)) else {
                    throw tar.damaged("its manifest.json does not list images")
                }
                for entry in entries { images.append(try Self.image(tar, entry, &members)) }
            } else {
                throw tar.damaged("it has neither manifest.json nor index.json")
            }
        } catch let error as OCIModelError { throw OCIRegistryError("read the archive", path, .document(error)) }
        self.images = images
        self.members = members
    }

    /// Names as they were saved: `registry.example.org/vision/digits:v1`.
    package var references: [ImageReference] { images.flatMap(\.references) }

    package func tags() -> [Tag] { Array(Set(images.flatMap(\.tags))).sorted() }

    /// The images that have a name, or all of them; each once.
    ///
    /// - Parameter wanted: without a tag it means `latest`, as for `docker load`.
    package func digests(named wanted: ImageReference?) -> [Digest] {
        var seen = Set<Digest>()
        return images.filter { image in
            guard let wanted else { return true }
            return image.references.contains {
                $0.repository == wanted.repository
                    && ($0.tag?.description ?? "latest") == (wanted.tag?.description ?? "latest")
            }
        }.map(\.manifest.digest).filter { seen.insert($0).inserted }
    }

    /// The names that an image was saved with.
    package func references(of digest: Digest) -> [ImageReference] {
        images.filter { $0.manifest.digest == digest }.flatMap(\.references)
    }

    package func manifest(_ selector: ImageSelector) throws -> ManifestDocument {
        let operation = "read the manifest \(selector)"
        switch selector {
        case .tag(let tag):
            let found = images.filter { $0.tags.contains(tag) }
            guard Set(found.map(\.manifest.digest)).count <= 1 else {
                let names = found.flatMap(\.references).map(\.description).joined(separator: ", ")
                throw OCIRegistryError(operation, name, .unsupported("several images have this tag: \(names)"))
            }
            if let image = found.first { return image.manifest }
        case .digest(let digest):
            if let image = images.first(where: { $0.manifest.digest == digest }) { return image.manifest }
            if let member = members[digest] {
                let bytes = try tar.reader(member).readAll(limit: ManifestDocument.sizeLimit)
                guard Digest(of: bytes) == digest else {
                    throw OCIRegistryError(
                        operation, name, .wrongDigest(expected: digest, actual: Digest(of: bytes)))
                }
                do { return try ManifestDocument(parsing: bytes, mediaType: nil) } catch {
                    throw OCIRegistryError(operation, name, .document(error))
                }
            }
        }
        throw OCIRegistryError(operation, name, .missing)
    }

    package func openBlob(_ descriptor: ContentDescriptor, from offset: Int64) throws -> any ByteReader {
        guard let member = members[descriptor.digest], member.size == descriptor.size else {
            throw OCIRegistryError("read the blob \(descriptor.digest)", name, .missing)
        }
        return try tar.reader(member, from: offset)
    }

    private static func layoutImages(_ tar: TarDirectory, _ index: [UInt8]) throws -> [Held] {
        try Document<ImageIndex>(parsing: index, mediaType: .index).value.manifests.map { descriptor in
            guard
                let bytes = try tar.read("blobs/sha256/\(descriptor.digest.hex)", limit: ManifestDocument.sizeLimit)
            else { throw tar.damaged("its manifest \(descriptor.digest) is missing") }
            guard Digest(of: bytes) == descriptor.digest else {
                throw tar.damaged("its manifest \(descriptor.digest) has another digest")
            }
            var image = Held(manifest: try ManifestDocument(parsing: bytes, mediaType: descriptor.mediaType))
            for case let name? in [descriptor.annotations?[imageNameKey], descriptor.annotations?[LayoutIndex.nameKey]]
            where image.tags.isEmpty {
                if let tag = try? Tag(name) {
                    image.loneTag = tag
                } else if let reference = try? ImageReference(name) {
                    image.references = [reference]
                }
            }
            return image
        }
    }

    /// The manifest of an image that came without one.
    private static func image(_ tar: TarDirectory, _ entry: Entry, _ members: inout [Digest: TarDirectory.Member])
        throws -> Held
    {
        guard let bytes = try tar.read(entry.config, limit: 8 << 20), let place = tar.members[entry.config] else {
            throw tar.damaged("the configuration \(entry.config) is missing")
        }
        let config = try Document<ImageConfiguration>(parsing: bytes, mediaType: .configuration)
        members[config.digest] = place
        let diffIDs = config.value.rootfs.diffIDs
        guard diffIDs.count == entry.layers.count else {
            throw tar.damaged("it has \(entry.layers.count) layers, and its configuration names \(diffIDs.count)")
        }
        let layers = try zip(entry.layers, diffIDs).map { name, diffID in
            guard let member = tar.members[name] else { throw tar.damaged("the layer \(name) is missing") }
            let layer = try layer(tar, member, diffID)
            members[layer.digest] = member
            return layer
        }
        let manifest = ImageManifest(config: config.descriptor, layers: layers)
        return Held(
            references: (entry.repoTags ?? []).compactMap { try? ImageReference($0) },
            manifest: .image(try Document(manifest, mediaType: .manifest)))
    }

    /// A layer that is not compressed has the digest that the configuration names; others have to be read.
    private static func layer(_ tar: TarDirectory, _ member: TarDirectory.Member, _ diffID: Digest) throws
        -> ContentDescriptor
    {
        var magic = [UInt8](repeating: 0, count: 4)
        let count = try magic.withUnsafeMutableBytes { try tar.reader(member).read(into: $0) }
        let type: MediaType =
            switch magic.prefix(count) {
            case let bytes where bytes.starts(with: [0x1f, 0x8b]): .layerGzip
            case let bytes where bytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd]): .layerZstd
            default: .layer
            }
        if type == .layer { return ContentDescriptor(mediaType: type, digest: diffID, size: member.size) }
        let hash = SHA256()
        try tar.reader(member).forEachPiece { hash.update($0) }
        guard let digest = Digest(hex: hash.hexDigest()) else { throw tar.damaged("a layer has no digest") }
        return ContentDescriptor(mediaType: type, digest: digest, size: member.size)
    }
}
