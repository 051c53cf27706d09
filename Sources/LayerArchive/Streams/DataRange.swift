import Glibc
import HostSystem

/// Part of something that can be read at any offset, such as a member of a wheel.
package struct DataRange: Sendable {
    /// Fills a buffer from an offset; returns fewer bytes only at the end of the data.
    package typealias Read = @Sendable (_ buffer: UnsafeMutableRawBufferPointer, _ offset: Int) throws -> Int

    package let offset: Int
    package let size: Int
    private let readBytes: Read

    package init(offset: Int, size: Int, read: @escaping Read) {
        self.offset = offset
        self.size = size
        readBytes = read
    }

    /// Part of a file.
    ///
    /// - Parameter path: what the descriptor is, for errors.
    package init(_ descriptor: Descriptor, path: String, offset: Int, size: Int) {
        self.init(offset: offset, size: size) { buffer, offset in
            var filled = 0
            while filled < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                let count = retryingInterrupts {
                    pread(descriptor.number, rest.baseAddress, rest.count, off_t(offset + filled))
                }
                guard count >= 0 else { throw SystemError("read", path) }
                if count == 0 { break }
                filled += count
            }
            return filled
        }
    }

    package init(_ bytes: [UInt8]) {
        self.init(offset: 0, size: bytes.count) { buffer, offset in
            let count = max(0, min(buffer.count, bytes.count - offset))
            if count > 0 { buffer.copyBytes(from: bytes[offset..<offset + count]) }
            return count
        }
    }

    /// Fills the buffer with the bytes from `position` of the range on.
    func fill(_ buffer: UnsafeMutableRawBufferPointer, at position: Int) throws {
        let (start, overflow) = offset.addingReportingOverflow(position)
        guard !overflow, start >= 0 else { throw LayerArchiveError.Cause.truncated }
        guard try readBytes(buffer, start) == buffer.count else { throw LayerArchiveError.Cause.truncated }
    }
}

/// The bytes of a range, one after the other.
final class RangeSource: ByteSource {
    private let data: DataRange
    private var position = 0

    init(_ data: DataRange) {
        self.data = data
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(data.size - position))
        if !piece.isEmpty { try data.fill(piece, at: position) }
        position += piece.count
        return piece.count
    }
}
