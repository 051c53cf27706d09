import Glibc
import HostSystem
import OCIModel

/// A blob that somebody else writes through a descriptor, computing its digest on the way. One that is let go of
/// unfinished leaves nothing.
package final class BlobFile {
    private let file: IngestFile
    private let store: ContentStore
    private let modes: StoreModes

    package var descriptor: Descriptor { file.descriptor }
    /// What the descriptor is, for errors.
    package var path: String { file.path }

    init(in store: ContentStore) throws {
        self.store = store
        modes = try store.prepare()
        file = try IngestFile.make(in: store.ingestFolder)
    }

    /// Gives the blob its name.
    ///
    /// - Parameter size: the bytes that were written. A file of another size is refused.
    package func finish(trusting digest: Digest, size: Int64) throws -> StoredBlob {
        var status = stat()
        guard fstat(file.descriptor.number, &status) == 0 else { throw SystemError("write", file.path) }
        guard Int64(status.st_size) == size else {
            throw ContentStoreError("store", "a blob", .wrongSize(expected: size, actual: Int64(status.st_size)))
        }
        let path = store.path(of: digest)
        try file.publish(as: path, mode: modes.file)
        return StoredBlob(digest: digest, size: size, path: path)
    }
}

extension ContentStore {
    /// A new blob for a writer that needs a descriptor.
    package func blobFile() throws -> BlobFile { try BlobFile(in: self) }
}
