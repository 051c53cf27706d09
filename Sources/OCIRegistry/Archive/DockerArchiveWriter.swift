import FoundationEssentials
import Glibc
import HTTPTransfer
import HostSystem
import LayerArchive
import OCIModel
import Synchronization

/// Writes a tar archive that `docker load` and `podman load` read, and that is an OCI layout as well.
///
/// The archive appears under its name with `finish`, whole or not at all. Equal images give equal archives when their
/// blobs come in the same order.
package final class DockerArchiveWriter: ImageDestination {
    package let name: String
    private let names: @Sendable (Tag) -> [ImageReference]
    private let temporary: String
    private let descriptor: HostSystem.Descriptor
    private let state = Mutex(State())

    private struct State {
        /// Bytes of the archive so far.
        var end: Int64 = 0
        var blobs: Set<Digest> = []
        var images: [(manifest: Document<ImageManifest>, tags: [Tag])] = []
        var isFinished = false
    }

    /// - Parameter repository: what `docker load` calls the images, together with their tags.
    package convenience init(_ path: String, repository: Repository) throws {
        try self.init(path) { [ImageReference(repository: repository, tag: $0)] }
    }

    /// - Parameter names: what `docker load` calls an image with a tag.
    package init(_ path: String, names: @escaping @Sendable (Tag) -> [ImageReference]) throws {
        name = path
        self.names = names
        temporary = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
        descriptor = try HostSystem.Descriptor.open(temporary, O_RDWR | O_CREAT | O_EXCL)
    }

    deinit {
        if state.withLock({ !$0.isFinished }) { unlink(temporary) }
    }

    package func hasBlob(_ descriptor: ContentDescriptor) -> Bool {
        state.withLock { $0.blobs.contains(descriptor.digest) }
    }

    /// One blob at a time: an archive is written from its beginning to its end.
    package func putBlob(_ blob: ContentDescriptor, from content: BlobContent) throws {
        try state.withLock { state in
            guard !state.blobs.contains(blob.digest) else { return }
            do {
                let reader = VerifyingReader(try content.open(0), blob, place: name)
                var moved: Int64 = 0
                try add("blobs/sha256/\(blob.digest.hex)", size: blob.size, to: &state) { write in
                    try reader.forEachPiece { piece in
                        if content.cancellation?.isCancelled == true {
                            throw HTTPTransferError(operation: "store", address: name, cause: .cancelled)
                        }
                        try write(piece)
                        moved += Int64(piece.count)
                        content.onProgress(moved)
                    }
                }
                state.blobs.insert(blob.digest)
            } catch {
                // What was written of it is written over.
                guard ftruncate(descriptor.number, off_t(state.end)) == 0,
                    lseek(descriptor.number, off_t(state.end), SEEK_SET) >= 0
                else { throw SystemError("write", name) }
                throw error
            }
        }
    }

    package func putManifest(_ manifest: ManifestDocument, tags: [Tag]) throws {
        guard case .image(let document) = manifest else {
            throw OCIRegistryError(
                "write the archive", name, .unsupported("it holds images for one platform: choose one of the index"))
        }
        if !hasBlob(manifest.descriptor) { try putBlob(manifest.descriptor, from: BlobContent(manifest.bytes)) }
        state.withLock { state in
            for index in state.images.indices { state.images[index].tags.removeAll { tags.contains($0) } }
            state.images.append((document, tags))
        }
    }

    package func delete(_ selector: ImageSelector) throws {
        throw OCIRegistryError("delete \(selector)", name, .unsupported("nothing can be taken out of an archive"))
    }

    package func finish() throws {
        try state.withLock { state in
            guard !state.isFinished else { return }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let images = state.images.map { (manifest: $0.manifest, names: $0.tags.flatMap(names)) }
            let entries = images.map { image in
                DockerArchive.Entry(
                    config: "blobs/sha256/\(image.manifest.value.config.digest.hex)",
                    repoTags: image.names.map(\.familiarName),
                    layers: image.manifest.value.layers.map { "blobs/sha256/\($0.digest.hex)" })
            }
            let descriptors = images.flatMap { image -> [ContentDescriptor] in
                if image.names.isEmpty { return [image.manifest.descriptor] }
                return image.names.map { name in
                    var descriptor = image.manifest.descriptor
                    descriptor.annotations = [
                        DockerArchive.imageNameKey: "\(name)", LayoutIndex.nameKey: name.selector,
                    ]
                    return descriptor
                }
            }
            try add("manifest.json", Array(try encoder.encode(entries)), to: &state)
            try add("index.json", Document(ImageIndex(manifests: descriptors), mediaType: .index).bytes, to: &state)
            try add("oci-layout", Array("{\"imageLayoutVersion\":\"1.0.0\"}".utf8), to: &state)
            try descriptor.writeAll(TarHeaderEncoder.end, path: name)
            guard fsync(descriptor.number) == 0, rename(temporary, name) == 0 else { throw SystemError("write", name) }
            state.isFinished = true
        }
    }

    private func add(_ path: String, _ bytes: [UInt8], to state: inout State) throws {
        try add(path, size: Int64(bytes.count), to: &state) { write in try bytes.withUnsafeBytes { try write($0) } }
    }

    private func add(
        _ path: String, size: Int64, to state: inout State,
        _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let header: [UInt8]
        do { header = try TarHeaderEncoder().header(of: TarEntry(path, .file, size: Int(size), mode: 0o644)) } catch {
            throw OCIRegistryError("write the archive", name, .unsupported("\(error)"))
        }
        try descriptor.writeAll(header, path: name)
        try body { try descriptor.writeAll($0, path: name) }
        let padding = (512 - Int(size % 512)) % 512
        try descriptor.writeAll([UInt8](repeating: 0, count: padding), path: name)
        state.end += Int64(header.count) + size + Int64(padding)
    }
}
