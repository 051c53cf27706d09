import Glibc
import HostSystem

/// Bytes that can be read from any place: a file, or memory in tests.
package protocol RandomAccessBytes: Sendable {
    var count: Int { get }

    /// Fills `buffer` with the bytes from `offset` on. Returns how many there were, fewer only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int
}

/// An open file. (Read, not mapped: a mapped file that is cut while it is read kills the process.)
package struct FileBytes: RandomAccessBytes {
    package let path: String
    /// The file's size when it was opened.
    package let count: Int
    package let descriptor: Descriptor

    package init(path: String) throws(SystemError) {
        // Non-blocking, so that a pipe of that name does not hold the caller for ever.
        let number = retryingInterrupts { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
        guard number >= 0, !path.utf8.contains(0) else {
            throw SystemError("read", path, code: number >= 0 ? EINVAL : errno)
        }
        descriptor = Descriptor(owning: number)
        var status = stat()
        guard fstat(number, &status) == 0 else { throw SystemError("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SystemError("read", path, code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
        }
        self.path = path
        count = Int(status.st_size)
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError)
        -> Int
    {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = pread(descriptor.number, rest.baseAddress, rest.count, off_t(offset + filled))
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("read", path)
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}

/// Bytes in memory.
package struct MemoryBytes: RandomAccessBytes {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var count: Int { bytes.count }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError)
        -> Int
    {
        guard offset >= 0, offset < bytes.count else { return 0 }
        let length = min(buffer.count, bytes.count - offset)
        bytes.withUnsafeBytes { all in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[offset..<offset + length]))
        }
        return length
    }
}

extension RandomAccessBytes {
    /// Exactly the bytes of `range`.
    func bytes(_ range: Range<Int>) throws(WheelError.Cause) -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= count else { throw .zip(.truncated) }
        var bytes = [UInt8](repeating: 0, count: range.count)
        let length = try bytes.withMutableRawBytes { buffer throws(WheelError.Cause) in
            try self.fill(buffer, at: range.lowerBound)
        }
        guard length == range.count else { throw .zip(.truncated) }
        return bytes
    }

    func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(WheelError.Cause) -> Int {
        do {
            return try read(into: buffer, at: offset)
        } catch {
            throw .system(error)
        }
    }
}
