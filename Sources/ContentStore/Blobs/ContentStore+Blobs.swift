import Glibc
import HostSystem
import OCIModel

extension ContentStore {
    /// Where the blob of a digest is, or would be.
    package func path(of digest: Digest) -> String { "\(root)/blobs/sha256/\(digest.hex)" }

    /// The blob of a digest, or nil when it is not here. Counts as a use.
    ///
    /// - Parameter size: a blob of another size is damaged, and as good as none.
    package func blob(_ digest: Digest, size: Int64? = nil) -> StoredBlob? {
        stored(path(of: digest), digest: digest, size: size)
    }

    package func has(_ digest: Digest, size: Int64? = nil) -> Bool { blob(digest, size: size) != nil }

    /// The bytes of a blob that fits in memory, such as a manifest, verified.
    ///
    /// - Throws: `ContentStoreError` when it is not here, or damaged; a damaged one is removed.
    package func read(_ digest: Digest, limit: Int = 64 << 20) throws -> [UInt8] {
        guard let blob = blob(digest) else { throw ContentStoreError("read", "\(digest)", .missing) }
        let bytes = try Files.read(blob.path, limit: limit)
        let actual = Digest(of: bytes)
        guard actual == digest else {
            unlink(blob.path)
            throw ContentStoreError("read", "\(digest)", .wrongDigest(expected: digest, actual: actual))
        }
        return bytes
    }

    /// A blob for streaming. It stays readable when it is pruned meanwhile.
    package func open(_ digest: Digest) throws -> Descriptor {
        guard let blob = blob(digest) else { throw ContentStoreError("read", "\(digest)", .missing) }
        return try Descriptor.open(blob.path, O_RDONLY)
    }

    /// A writer of new content.
    ///
    /// - Parameters:
    ///   - hashing: false where the caller computes the digest itself, and gives it to `finish(trusting:)`.
    ///   - limit: the most bytes that are accepted.
    package func blobWriter(hashing: Bool = true, limit: Int64 = .max) throws -> BlobWriter {
        let modes = try prepare()
        return try BlobWriter(
            IngestFile.make(in: ingestFolder), to: .blob(root: root), modes: modes, hashing: hashing, limit: limit)
    }

    /// A writer of content that comes from elsewhere, whose digest is known. It begins where an earlier process
    /// stopped: the writer's `count` says how many bytes are here already.
    package func blobWriter(resuming digest: Digest, limit: Int64 = .max) throws -> BlobWriter {
        try writer(resuming: digest, to: .blob(root: root), limit: limit)
    }

    func writer(resuming digest: Digest, to place: BlobWriter.Place, limit: Int64) throws -> BlobWriter {
        let modes = try prepare()
        let file =
            try IngestFile.resume(digest.hex, in: ingestFolder, mode: modes.file) ?? IngestFile.make(in: ingestFolder)
        return try BlobWriter(file, to: place, modes: modes, hashing: true, limit: limit)
    }

    /// Stores bytes that are in memory. Nothing is written when they are here already.
    @discardableResult
    package func store(_ bytes: [UInt8], expecting digest: Digest? = nil) throws -> StoredBlob {
        let actual = Digest(of: bytes)
        if let digest, digest != actual {
            throw ContentStoreError("store", "a blob", .wrongDigest(expected: digest, actual: actual))
        }
        if let blob = blob(actual, size: Int64(bytes.count)) { return blob }
        let writer = try blobWriter(hashing: false)
        try writer.write(bytes)
        return try writer.finish(trusting: actual)
    }

    @discardableResult
    package func store<Value>(_ document: Document<Value>) throws -> StoredBlob {
        try store(document.bytes, expecting: document.digest)
    }

    func stored(_ path: String, digest: Digest, size: Int64?) -> StoredBlob? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        if let size, size != Int64(status.st_size) { return nil }
        UseTime.note(path, status)
        return StoredBlob(digest: digest, size: Int64(status.st_size), path: path)
    }
}
