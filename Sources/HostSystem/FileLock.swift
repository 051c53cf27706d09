import Glibc

/// An advisory lock on a file (flock(2)). The kernel drops it when the holder ends, however it ends, so a killed
/// process leaves nothing behind. The file itself stays: removing it would let two holders lock two different files.
package final class FileLock: Sendable {
    private let descriptor: Descriptor

    /// For a child that holds on to the lock: it is let go of when no process has this descriptor open any more.
    package var number: Int32 { descriptor.number }

    private init(_ descriptor: Descriptor) {
        self.descriptor = descriptor
    }

    /// Waits for the lock.
    package static func wait(_ path: String) throws -> FileLock {
        let descriptor = try Descriptor.open(path, O_RDWR | O_CREAT)
        guard retryingInterrupts({ flock(descriptor.number, LOCK_EX) }) == 0 else { throw SystemError("lock", path) }
        return FileLock(descriptor)
    }

    /// The lock, or nil when another process holds it.
    package static func take(_ path: String) throws -> FileLock? {
        let descriptor = try Descriptor.open(path, O_RDWR | O_CREAT)
        if flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 { return FileLock(descriptor) }
        if errno == EWOULDBLOCK { return nil }
        throw SystemError("lock", path)
    }

    /// A lock that others may share and that keeps `take` and `wait` from succeeding elsewhere. Waits for a holder that
    /// does not share. The file must exist; reading it is enough.
    package static func share(_ path: String) throws -> FileLock {
        let descriptor = try Descriptor.open(path, O_RDONLY)
        guard retryingInterrupts({ flock(descriptor.number, LOCK_SH) }) == 0 else { throw SystemError("lock", path) }
        return FileLock(descriptor)
    }

    /// Whether some process holds the lock now. A file that does not exist is not held.
    package static func isHeld(_ path: String) -> Bool {
        guard let descriptor = try? Descriptor.open(path, O_RDONLY) else { return false }
        return flock(descriptor.number, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
