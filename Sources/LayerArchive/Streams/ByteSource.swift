import Glibc
import HostSystem

/// Bytes that come one after the other. A source is used by one thread.
package protocol ByteSource: AnyObject {
    /// Fills at least one byte of a buffer that is not empty. Returns the number of bytes; zero only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

extension ByteSource {
    /// Fills the buffer. Returns fewer bytes only where the source ends.
    package func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}

/// What a descriptor gives: a file from where it stands, a pipe, a socket.
package final class DescriptorSource: ByteSource {
    private let descriptor: Descriptor
    private let path: String

    /// - Parameter path: what the descriptor is, for the error.
    package init(_ descriptor: Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = retryingInterrupts { Glibc.read(descriptor.number, buffer.baseAddress, buffer.count) }
        guard count >= 0 else { throw SystemError("read", path) }
        return count
    }
}

package final class MemorySource: ByteSource {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = min(buffer.count, bytes.count - position)
        buffer.copyBytes(from: bytes[position..<position + count])
        position += count
        return count
    }
}

/// Passes bytes on and computes their SHA-256, such as a layer's diff_id while it is unpacked.
package final class HashingSource: ByteSource {
    private let source: any ByteSource
    private let hash: RunningHash
    package private(set) var count = 0

    package init(_ source: any ByteSource) {
        self.source = source
        hash = RunningHash()
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let read = try source.read(into: buffer)
        hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
        count += read
        return read
    }

    /// Reads what is left, so that `hexDigest` is that of the whole.
    package func drain() throws {
        try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
            while try read(into: buffer) > 0 {}
        }
    }

    /// The digest of what was read. To be called once.
    package func hexDigest() -> String { hash.finish() }
}

/// A SHA-256 that lives in a class.
final class RunningHash {
    private var hash: SHA256? = SHA256()

    func update(_ bytes: UnsafeRawBufferPointer) { hash?.update(bytes) }

    /// The digest; empty when asked for again.
    func finish() -> String { hash.take()?.hexDigest() ?? "" }
}
