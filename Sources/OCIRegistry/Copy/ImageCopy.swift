import HTTPTransfer
import OCIModel
import Synchronization

/// Copies images from one place to another: push, pull and copy are all this.
///
/// Blobs that are at the destination are not read at the source: it need not even have them.
package struct ImageCopy: Sendable {
    package enum Platforms: Sendable, Hashable {
        /// An index with all its images.
        case all
        /// Of an index, the image for this platform only.
        case only(Platform)
    }

    package struct Result: Sendable {
        /// What the destination has now under the given tags.
        package let manifest: ContentDescriptor
        /// How each blob got there.
        package let blobs: [ContentDescriptor: CopyEvent.Outcome]

        /// Bytes that went over.
        package var movedBytes: Int64 { blobs.reduce(0) { $0 + ($1.value == .moved ? $1.key.size : 0) } }
    }

    package var source: any ImageSource
    package var destination: any ImageDestination
    package var platforms = Platforms.all
    /// How many blobs move at once.
    package var parallel = 4
    /// Further repositories at the destination's registry that may have the blobs.
    package var mountCandidates: [Repository] = []
    package var cancellation = Cancellation()
    /// Called from several threads.
    package var onEvent: @Sendable (CopyEvent) -> Void = { _ in }

    package init(from source: any ImageSource, to destination: any ImageDestination) {
        self.source = source
        self.destination = destination
    }

    /// Copies one image and gives it names at the destination.
    ///
    /// - Parameter tags: none leaves it reachable by its digest only.
    /// - Throws: the first error; what has been moved stays, and the next copy goes on from there.
    @discardableResult
    package func run(_ selector: ImageSelector, tags: [Tag]) throws -> Result {
        let root: ManifestDocument =
            switch platforms {
            case .all: try source.manifest(selector)
            case .only(let platform): .image(try source.image(selector, for: platform))
            }
        let children = try imageManifests(of: root)
        let outcomes = try copyBlobs(children.flatMap(\.blobs))
        for child in children where child.digest != root.digest { try put(child, tags: []) }
        try put(root, tags: tags)
        try destination.finish()
        return Result(manifest: root.descriptor, blobs: outcomes)
    }

    private func imageManifests(of root: ManifestDocument) throws -> [ManifestDocument] {
        guard case .index(let index) = root else { return [root] }
        return try index.value.manifests.map { descriptor in
            let child = try source.manifest(.digest(descriptor.digest))
            guard case .image = child else {
                throw OCIRegistryError("copy \(root.digest)", source.name, .unsupported("its index holds indexes"))
            }
            return child
        }
    }

    private func put(_ manifest: ManifestDocument, tags: [Tag]) throws {
        try destination.putManifest(manifest, tags: tags)
        onEvent(.manifest(manifest.descriptor))
    }

    private func copyBlobs(_ all: [ContentDescriptor]) throws -> [ContentDescriptor: CopyEvent.Outcome] {
        var seen = Set<Digest>()
        let blobs = all.filter { seen.insert($0.digest).inserted && !$0.mediaType.isForeign }
        onEvent(.planned(blobs))
        let outcomes = Mutex<[ContentDescriptor: CopyEvent.Outcome]>([:])
        // The largest first, so that none of them is left alone at the end.
        let order = blobs.sorted { ($1.size, $0.digest) < ($0.size, $1.digest) }
        try ParallelTransfers.forEach(order, width: parallel, cancellation: cancellation) { blob, stop in
            let outcome = try copy(blob, stop)
            outcomes.withLock { $0[blob] = outcome }
            onEvent(.finished(blob, outcome))
        }
        return outcomes.withLock { $0 }
    }

    /// Copies one blob of an image.
    func copy(_ blob: ContentDescriptor, _ stop: Cancellation) throws -> CopyEvent.Outcome {
        if try destination.hasBlob(blob) { return .wasThere }
        for repository in [source.mountableRepository].compactMap({ $0 }) + mountCandidates
        where try destination.mountBlob(blob, from: repository) {
            return .mounted(from: repository)
        }
        let source = source
        var content = BlobContent { offset in
            let reader = try source.openBlob(blob, from: offset)
            return offset == 0 ? VerifyingReader(reader, blob, place: source.name) : reader
        }
        content.cancellation = stop
        let onEvent = onEvent
        content.onProgress = { onEvent(.progress(blob, moved: $0)) }
        try destination.putBlob(blob, from: content)
        return .moved
    }
}
