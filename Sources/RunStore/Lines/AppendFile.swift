import Glibc
import HostSystem

/// A file that grows by whole lines. What `flush()` has returned for is in the file; what it could not write stays in
/// memory and is tried again by the next call.
package final class AppendFile {
    /// pwrite(2), exchanged by tests to see a disk run full.
    package typealias Write = (Int32, UnsafeRawPointer, Int, Int) -> Int

    package let path: String
    /// Bytes kept while they cannot be written. Lines beyond it are dropped and counted.
    package let pendingLimit: Int
    /// Lines that were dropped because the disk did not take what was pending before them.
    package private(set) var droppedLines = 0

    var buffer = LineBuffer()
    private let descriptor: Descriptor
    private let write: Write
    /// Size of the whole lines in the file.
    private var size: Int
    private var hasTornTail = false

    /// Opens the file, makes it when it is missing, and cuts off a torn last line.
    ///
    /// - Parameter locked: take the advisory lock too; throws `fileInUse` when another process holds it.
    package init(
        _ path: String, locked: Bool, pendingLimit: Int = 64 << 20,
        write: @escaping Write = { pwrite($0, $1, $2, off_t($3)) }
    ) throws {
        self.path = path
        self.pendingLimit = pendingLimit
        self.write = write
        descriptor = try Descriptor.open(path, O_RDWR | O_CREAT)
        if locked { try Self.lock(descriptor, path) }
        size = try Self.wholeLines(descriptor, path)
        guard ftruncate(descriptor.number, off_t(size)) == 0 else { throw SystemError("write", path) }
    }

    /// Bytes that are not in the file yet.
    package var pendingBytes: Int { buffer.count }

    /// Whether another line may be added; counts it as dropped when not.
    @inline(__always)
    func hasRoom() -> Bool {
        if buffer.count < pendingLimit { return true }
        droppedLines += 1
        return false
    }

    /// Writes what is pending with one write(2) where the system takes it at once.
    ///
    /// When it throws, whole lines that reached the file are in it for good, a partial one is cut off again, and the
    /// rest is pending for the next call.
    package func flush() throws {
        if hasTornTail {
            guard ftruncate(descriptor.number, off_t(size)) == 0 else { throw SystemError("write", path) }
            hasTornTail = false
        }
        var written = 0
        while written < buffer.count {
            let count = write(descriptor.number, buffer.base + written, buffer.count - written, size + written)
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                let code = count == 0 ? ENOSPC : errno
                settle(written)
                throw SystemError("write", path, code: code)
            }
        }
        size += written
        buffer.removeAll()
    }

    /// Waits until the disk has what was flushed.
    package func synchronize() throws {
        guard fdatasync(descriptor.number) == 0 else { throw SystemError("write", path) }
    }

    private func settle(_ written: Int) {
        let whole = buffer.wholeLines(within: written)
        size += whole
        buffer.removeFirst(whole)
        hasTornTail = written > whole && ftruncate(descriptor.number, off_t(size)) != 0
    }

    /// Readers that ask whether a run is alive hold the lock for some microseconds, so one refusal proves nothing.
    private static func lock(_ descriptor: Descriptor, _ path: String) throws {
        for attempt in 0..<200 {
            if flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 { return }
            guard errno == EWOULDBLOCK || errno == EINTR else { throw SystemError("lock", path) }
            usleep(attempt < 20 ? 500 : 5000)
        }
        throw RunStoreError.fileInUse(path: path)
    }

    /// The size of the file up to and with its last line feed.
    private static func wholeLines(_ descriptor: Descriptor, _ path: String) throws -> Int {
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { throw SystemError("read", path) }
        var end = Int(status.st_size)
        var block = [UInt8](repeating: 0, count: 65536)
        while end > 0 {
            let start = max(0, end - block.count)
            let count = block.withUnsafeMutableBytes {
                pread(descriptor.number, $0.baseAddress, end - start, off_t(start))
            }
            guard count == end - start else { throw SystemError("read", path) }
            if let last = block[..<count].lastIndex(of: 10) { return start + last + 1 }
            end = start
        }
        return 0
    }
}
