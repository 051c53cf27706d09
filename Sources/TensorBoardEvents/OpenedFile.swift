import Glibc

/// A regular file open for reading; closed at the end of its life.
struct OpenedFile: ~Copyable {
    let path: String
    /// The file's size when it was opened.
    let size: Int
    private let descriptor: Int32

    init(_ path: String) throws(EventFileError) {
        guard !path.utf8.contains(0) else {
            throw EventFileError(operation: .open, path: path, cause: .invalidPath)
        }
        // Non-blocking, so that a pipe of that name does not hold the caller for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw EventFileError(operation: .open, path: path, cause: .system(errno))
        }
        var status = stat()
        let result = fstat(descriptor, &status)
        let code = errno
        guard result == 0 else {
            close(descriptor)
            throw EventFileError(operation: .examine, path: path, cause: .system(code))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw EventFileError(operation: .examine, path: path, cause: .notARegularFile)
        }
        self.path = path
        self.size = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Fills `buffer` from `offset`; returns fewer bytes only at the end of the file. (Reading, not mapping: a
    /// mapped file that is cut while it is read kills the process.)
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(EventFileError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
            if count < 0 {
                if errno == EINTR { continue }
                throw EventFileError(operation: .read, path: path, cause: .system(errno))
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// The bytes of `range`, fewer where the file ends before.
    func bytes(_ range: Range<Int>) throws(EventFileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        let result = bytes.withUnsafeMutableBytes { buffer -> Result<Int, EventFileError> in
            Result { () throws(EventFileError) in try read(into: buffer, at: range.lowerBound) }
        }
        bytes.removeLast(bytes.count - (try result.get()))
        return bytes
    }
}

/// Evidence that a file is still the one that was read up to some offset: its first bytes and the last ones before
/// that offset. The first record holds the writer's start time in microseconds, the last ones a checksum.
///
/// This is stronger than the inode number: a file system gives a freed number to the next file, and `rsync` gives a
/// grown copy of the same file a new one.
struct FileFingerprint: Equatable {
    private static let headLength = 64
    private static let tailLength = 32

    private let offset: Int
    private let head: [UInt8]
    private let tail: [UInt8]

    init(_ file: borrowing OpenedFile, upTo offset: Int) throws(EventFileError) {
        self.offset = offset
        head = try file.bytes(0..<min(offset, Self.headLength))
        tail = try file.bytes(max(0, offset - Self.tailLength)..<offset)
    }

    func matches(_ file: borrowing OpenedFile) throws(EventFileError) -> Bool {
        guard file.size >= offset else { return false }
        return try self == FileFingerprint(file, upTo: offset)
    }
}

/// A reused piece of memory for the bytes from one offset of a file on.
struct ReadChunk: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) {
        memory = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { memory.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    /// Reads as much as fits, and at least `needed` bytes if the file has them before `limit`. What was there goes.
    mutating func fill(
        from file: borrowing OpenedFile, at offset: Int, needed: Int, limit: Int
    ) throws(EventFileError) {
        count = 0
        if needed > memory.count {
            memory.deallocate()
            memory = .allocate(byteCount: needed, alignment: 64)
        }
        let length = min(memory.count, max(0, limit - offset))
        count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[..<length]), at: offset)
    }
}
