import Glibc
import HostSystem
import OCIModel

/// Streams content into the store. Until `finish` it has no name there; a writer that is let go of leaves nothing,
/// except a part that can be continued where that was asked for.
///
/// For one thread at a time.
package final class BlobWriter: @unchecked Sendable {
    private let file: IngestFile
    private let place: Place
    private let modes: StoreModes
    private var hash: SHA256?
    private let limit: Int64

    /// Bytes so far; more than 0 at the beginning where an earlier process left a part.
    package private(set) var count: Int64

    /// Where content goes.
    enum Place {
        /// `blobs/sha256/<hex>` in the store's root.
        case blob(root: String)
        /// `<folder>/<hex>/<name>`.
        case named(folder: String, name: String)
    }

    init(_ file: IngestFile, to place: Place, modes: StoreModes, hashing: Bool, limit: Int64) throws {
        self.file = file
        self.place = place
        self.modes = modes
        self.limit = limit
        hash = hashing ? SHA256() : nil
        count = 0
        if file.isKept { try readPart() }
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        let (sum, overflow) = count.addingReportingOverflow(Int64(bytes.count))
        guard !overflow, sum <= limit else {
            file.isKept = false
            throw ContentStoreError("store", what, .tooLong(limit: limit))
        }
        try file.descriptor.writeAll(bytes, path: file.path)
        hash?.update(bytes)
        count = sum
    }

    package func write(_ bytes: some Collection<UInt8>) throws {
        let done: ()? = try bytes.withContiguousStorageIfAvailable { try write(UnsafeRawBufferPointer($0)) }
        if done == nil { try Array(bytes).withUnsafeBytes { try write($0) } }
    }

    /// Verifies the content and gives it its name. Content that is there already is replaced by the same bytes.
    ///
    /// - Parameters:
    ///   - digest: what the content must be, where that is known.
    ///   - size: how long it must be, where that is known.
    package func finish(expecting digest: Digest? = nil, size: Int64? = nil) throws -> StoredBlob {
        try check(size)
        guard let hash = hash.take(), let actual = Digest(hex: hash.hexDigest()) else {
            throw ContentStoreError("store", what, .missing)
        }
        if let digest, digest != actual {
            file.isKept = false
            throw ContentStoreError("store", what, .wrongDigest(expected: digest, actual: actual))
        }
        return try publish(actual)
    }

    /// Gives content its name by a digest that the caller computed while it made the bytes.
    package func finish(trusting digest: Digest, size: Int64? = nil) throws -> StoredBlob {
        try check(size)
        return try publish(digest)
    }

    /// Drops the content, also a part that could be continued.
    package func discard() {
        file.isKept = false
        hash = nil
    }

    /// Begins anew, for a server that cannot continue where an earlier transfer stopped.
    package func restart() throws {
        guard ftruncate(file.descriptor.number, 0) == 0, lseek(file.descriptor.number, 0, SEEK_SET) == 0 else {
            throw SystemError("write", file.path)
        }
        count = 0
        if hash != nil { hash = SHA256() }
    }

    private func check(_ size: Int64?) throws {
        guard let size, size != count else { return }
        // A part that is too short can be continued.
        if count > size { file.isKept = false }
        throw ContentStoreError("store", what, .wrongSize(expected: size, actual: count))
    }

    private func publish(_ digest: Digest) throws -> StoredBlob {
        let path: String
        switch place {
        case .blob(let root): path = "\(root)/blobs/sha256/\(digest.hex)"
        case .named(let folder, let name):
            try modes.makeFolder("\(folder)/\(digest.hex)")
            path = "\(folder)/\(digest.hex)/\(name)"
        }
        try file.publish(as: path, mode: modes.file)
        return StoredBlob(digest: digest, size: count, path: path)
    }

    private var what: String {
        switch place {
        case .blob: "a blob"
        case .named(_, let name): name
        }
    }

    private func readPart() throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let length = buffer.withUnsafeMutableBytes { bytes in
                retryingInterrupts { read(file.descriptor.number, bytes.baseAddress, bytes.count) }
            }
            guard length >= 0 else { throw SystemError("read", file.path) }
            if length == 0 { break }
            buffer.withUnsafeBytes { hash?.update(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
            count += Int64(length)
        }
        if count > limit { try restart() }
    }
}

/// Content that is in the store.
package struct StoredBlob: Sendable, Hashable {
    package let digest: Digest
    /// Bytes.
    package let size: Int64
    package let path: String
}
