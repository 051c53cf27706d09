import Glibc
import HostSystem

/// Bytes that are read once, from their beginning to their end, by one thread at a time.
package protocol ByteReader: AnyObject {
    /// Fills a part of `buffer` and returns its size; 0 is the end. May wait.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

extension ByteReader {
    /// Gives every byte to `body`, in pieces of up to 256 KiB.
    package func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try read(into: buffer)
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// All bytes at once.
    ///
    /// - Throws: `TooManyBytes` when there are more than `limit`.
    package func readAll(limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachPiece { piece in
            guard piece.count <= limit - bytes.count else { throw TooManyBytes(limit: limit) }
            bytes.append(contentsOf: piece)
        }
        return bytes
    }
}

/// There are more bytes than the reader wants in memory.
package struct TooManyBytes: Error, CustomStringConvertible {
    package let limit: Int
    package var description: String { "it has more than the \(limit) bytes that are accepted" }
}

/// A part of a file.
package final class FileReader: ByteReader {
    private let descriptor: Descriptor
    private let path: String
    private var offset: Int64
    private var rest: Int64

    /// - Parameter size: bytes from `offset` on; nil for all there are. A file that ends before is an error of `read`.
    package init(_ path: String, from offset: Int64 = 0, size: Int64? = nil) throws {
        descriptor = try Descriptor.open(path, O_RDONLY)
        self.path = path
        self.offset = offset
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { throw SystemError("read", path) }
        rest = size ?? max(0, Int64(status.st_size) - offset)
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let wanted = min(Int(clamping: rest), buffer.count)
        guard wanted > 0 else { return 0 }
        let count = retryingInterrupts { pread(descriptor.number, buffer.baseAddress, wanted, off_t(offset)) }
        guard count >= 0 else { throw SystemError("read", path) }
        guard count > 0 else { throw FileEndedEarly(path: path, missing: rest) }
        offset += Int64(count)
        rest -= Int64(count)
        return count
    }
}

/// A file got shorter while it was read.
package struct FileEndedEarly: Error, CustomStringConvertible {
    package let path: String
    package let missing: Int64
    package var description: String { "\(path) ends \(missing) bytes too early" }
}

/// Bytes in memory.
package final class ArrayReader: ByteReader {
    private var rest: ArraySlice<UInt8>

    package init(_ bytes: [UInt8]) { rest = bytes[...] }

    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, rest.count)
        buffer.copyBytes(from: rest.prefix(count))
        rest = rest.dropFirst(count)
        return count
    }
}
