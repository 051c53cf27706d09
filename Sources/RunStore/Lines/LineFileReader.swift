import Glibc
import HostSystem

/// Hands out the whole lines of a file that may still grow, each once. Memory stays within the longest accepted line.
///
/// A last line without a line feed is not handed out: it is either unfinished or torn. It is read again by the next
/// call, because a writer that starts anew cuts a torn line off.
struct LineFileReader: ~Copyable {
    static let longestLine = 16 << 20

    let path: String
    /// Where the first line begins that was not handed out yet.
    private(set) var offset: Int
    /// Lines handed out or passed over so far, in this reader.
    private(set) var lines = 0

    private let descriptor: Descriptor
    private var buffer: UnsafeMutableRawPointer
    private var capacity = 256 << 10
    /// Within a line that is longer than what is accepted.
    private var isSkipping = false

    init(_ path: String, offset: Int) throws {
        self.path = path
        self.offset = max(0, offset)
        descriptor = try Descriptor.open(path, O_RDONLY)
        buffer = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The size of the file now.
    func size() throws -> Int {
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { throw SystemError("read", path) }
        return Int(status.st_size)
    }

    /// Hands out the lines that are there now, without their line feed, which follows in memory. Nil stands for a line
    /// above the limit. When `body` throws, that line counts as handed out and the next call goes on after it.
    mutating func readAvailable(_ body: (UnsafeRawBufferPointer?) throws -> Void) throws {
        let size = try size()
        guard size >= offset else {
            throw RunStoreError.fileBecameShorter(path: path, offset: offset, size: size)
        }
        var filled = 0
        while true {
            let count = retryingInterrupts {
                pread(descriptor.number, buffer + filled, capacity - filled, off_t(offset + filled))
            }
            guard count >= 0 else { throw SystemError("read", path) }
            if count == 0 { return }
            let searched = filled
            filled += count
            let used = try handOut(searched, filled, body)
            filled -= used
            if filled == capacity {
                if capacity < Self.longestLine {
                    grow()
                } else {
                    isSkipping = true
                }
            }
            if isSkipping {
                offset += filled
                filled = 0
            } else if used > 0 {
                memmove(buffer, buffer + used, filled)
            }
        }
    }

    /// Hands out the lines among the first `filled` bytes; no line feed is before `searched`. Returns the bytes used.
    private mutating func handOut(
        _ searched: Int, _ filled: Int, _ body: (UnsafeRawBufferPointer?) throws -> Void
    ) throws -> Int {
        var start = 0
        var search = searched
        while let feed = memchr(buffer + search, 10, filled - search) {
            let end = UnsafeRawPointer(feed) - UnsafeRawPointer(buffer)
            let line = UnsafeRawBufferPointer(start: buffer + start, count: end - start)
            let isTooLong = isSkipping
            isSkipping = false
            offset += end + 1 - start
            start = end + 1
            search = start
            lines += 1
            try body(isTooLong ? nil : line)
        }
        return start
    }

    private mutating func grow() {
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2, alignment: 16)
        larger.copyMemory(from: buffer, byteCount: capacity)
        buffer.deallocate()
        (buffer, capacity) = (larger, capacity * 2)
    }
}
