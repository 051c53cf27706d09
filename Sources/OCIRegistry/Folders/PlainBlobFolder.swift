import Glibc
import HTTPTransfer
import HostSystem
import OCIModel

/// The `blobs` of an OCI layout folder.
package struct PlainBlobFolder: BlobFolder {
    /// The layout folder.
    package let root: String

    package init(_ root: String) { self.root = root }

    package func path(of digest: Digest) -> String { "\(root)/blobs/sha256/\(digest.hex)" }

    package func hasBlob(_ digest: Digest, size: Int64?) -> Bool {
        var status = stat()
        guard stat(path(of: digest), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return size.map { $0 == Int64(status.st_size) } ?? true
    }

    package func ingest(_ descriptor: ContentDescriptor, _ fill: (any ResumableFile) throws -> Void) throws {
        try Files.makeFolder("\(root)/blobs/sha256")
        let file = try partialFile(descriptor.digest)
        if hasBlob(descriptor.digest, size: descriptor.size) { return file.remove() }  // another was faster
        let wasEmpty = file.count == 0
        do { try finish(file, descriptor, fill) } catch let error as OCIRegistryError where !wasEmpty {
            // What an earlier process left may be the beginning of something else.
            guard case .wrongDigest = error.cause else { throw error }
            try file.restart()
            try finish(file, descriptor, fill)
        }
        rmdir("\(root)/.partial")
    }

    /// Parts lie out of the way of programs that expect nothing but blobs beside blobs. Whoever ends last removes the
    /// folder, perhaps between our making it and our using it.
    private func partialFile(_ digest: Digest) throws -> PartialFile {
        var attempt = 1
        while true {
            try Files.makeFolder("\(root)/.partial")
            do {
                return try PartialFile("\(root)/.partial/\(digest.hex)", target: path(of: digest))
            } catch let error as SystemError where error.code == ENOENT && attempt < 100 {
                attempt += 1
            }
        }
    }

    private func finish(
        _ file: PartialFile, _ descriptor: ContentDescriptor, _ fill: (any ResumableFile) throws -> Void
    ) throws {
        let operation = "store \(descriptor.digest)"
        try fill(file)
        guard file.count == descriptor.size else {
            if file.count > descriptor.size { file.remove() }
            throw OCIRegistryError(operation, root, .wrongSize(expected: descriptor.size, actual: file.count))
        }
        let hex = file.takeDigest()
        guard hex == descriptor.digest.hex else {
            file.remove()
            guard let actual = Digest(hex: hex) else { return }
            throw OCIRegistryError(operation, root, .wrongDigest(expected: descriptor.digest, actual: actual))
        }
        try file.finish()
    }
}
