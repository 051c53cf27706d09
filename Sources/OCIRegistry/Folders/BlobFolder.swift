import ContentStore
import HTTPTransfer
import HostSystem
import OCIModel

/// Blobs as files by their digests: the content store, an OCI layout folder.
package protocol BlobFolder: Sendable {
    /// Where the blob of a digest is, or would be.
    func path(of digest: Digest) -> String

    /// Whether the blob is there. One of another size is as good as none.
    func hasBlob(_ digest: Digest, size: Int64?) -> Bool

    /// Takes a blob in, continuing what an earlier process left. It gets its name once its digest is right.
    func ingest(_ descriptor: ContentDescriptor, _ fill: (any ResumableFile) throws -> Void) throws
}

extension BlobFolder {
    /// The bytes of a small blob, verified; nil when it is not here.
    package func readBlob(_ digest: Digest, limit: Int) throws -> [UInt8]? {
        guard hasBlob(digest, size: nil) else { return nil }
        let bytes = try Files.read(path(of: digest), limit: limit)
        let actual = Digest(of: bytes)
        guard actual == digest else {
            throw OCIRegistryError("read \(digest)", path(of: digest), .wrongDigest(expected: digest, actual: actual))
        }
        return bytes
    }

    func store(_ content: BlobContent, as descriptor: ContentDescriptor) throws {
        try ingest(descriptor) { file in
            if file.count > descriptor.size { try file.restart() }
            guard file.count < descriptor.size else { return }
            content.onProgress(file.count)
            try content.open(file.count).forEachPiece { piece in
                if content.cancellation?.isCancelled == true {
                    throw HTTPTransferError(operation: "store", address: "\(descriptor.digest)", cause: .cancelled)
                }
                try file.write(piece)
                content.onProgress(file.count)
            }
        }
    }

    func store(_ bytes: [UInt8], as descriptor: ContentDescriptor) throws {
        guard !hasBlob(descriptor.digest, size: descriptor.size) else { return }
        try store(BlobContent(bytes), as: descriptor)
    }
}

extension BlobWriter: ResumableFile {}

extension ContentStore: BlobFolder {
    package func hasBlob(_ digest: Digest, size: Int64?) -> Bool { has(digest, size: size) }

    package func ingest(_ descriptor: ContentDescriptor, _ fill: (any ResumableFile) throws -> Void) throws {
        let writer = try blobWriter(resuming: descriptor.digest)
        let wasEmpty = writer.count == 0
        do { try finish(writer, descriptor, fill) } catch let error as OCIRegistryError where !wasEmpty {
            // What an earlier process left was not the beginning of this: once more from the start.
            guard case .wrongDigest = error.cause else { throw error }
            let writer = try blobWriter(resuming: descriptor.digest)
            try writer.restart()
            try finish(writer, descriptor, fill)
        }
    }

    private func finish(
        _ writer: BlobWriter, _ descriptor: ContentDescriptor, _ fill: (any ResumableFile) throws -> Void
    ) throws {
        try fill(writer)
        do {
            _ = try writer.finish(expecting: descriptor.digest, size: descriptor.size)
        } catch let error as ContentStoreError {
            let cause: OCIRegistryError.Cause =
                switch error.cause {
                case .wrongDigest(let expected, let actual): .wrongDigest(expected: expected, actual: actual)
                case .wrongSize(let expected, let actual): .wrongSize(expected: expected, actual: actual)
                default: throw error
                }
            throw OCIRegistryError("store \(descriptor.digest)", root, cause)
        }
    }
}
