import Glibc
import HostSystem

/// A folder in the store's `ingest` folder while it is filled. A lock file beside it says whether it still is.
final class IngestFolder {
    static let lockSuffix = ".lock"

    let path: String
    private let lock: FileLock
    private var isPublished = false

    init(in folder: String, modes: StoreModes) throws {
        (path, lock) = try Self.make(in: folder, modes: modes)
    }

    /// A new folder, and the lock that keeps it from being swept.
    static func make(in folder: String, modes: StoreModes) throws -> (path: String, lock: FileLock) {
        let path = "\(folder)/\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        try modes.makeEmptyFile(path + lockSuffix)
        let lock = try FileLock.wait(path + lockSuffix)
        guard mkdir(path, 0o700) == 0, chmod(path, modes.folder) == 0 else {
            throw SystemError("make the folder", path)
        }
        return (path, lock)
    }

    deinit {
        if !isPublished { try? Files.remove(path) }
        unlink(path + Self.lockSuffix)
        withExtendedLifetime(lock) {}
    }

    /// Gives the folder its final name. False when there is one of that name.
    func publish(as destination: String) throws -> Bool {
        guard rename(path, destination) == 0 else {
            if errno == ENOTEMPTY || errno == EEXIST { return false }
            throw SystemError("write", destination)
        }
        isPublished = true
        unlink(path + Self.lockSuffix)
        return true
    }

    /// Removes a folder that nobody fills any more. Returns the bytes that were freed.
    static func sweep(_ path: String, dryRun: Bool) -> Int64 {
        let lockPath = path + lockSuffix
        if dryRun { return FileLock.isHeld(lockPath) ? 0 : DiskUse(path).bytes }
        // The lock is made before the folder, so a folder without one is the rest of a removal.
        guard let lock = try? FileLock.take(lockPath) else { return 0 }
        let size = DiskUse(path).bytes
        try? Files.remove(path)
        unlink(lockPath)
        withExtendedLifetime(lock) {}
        return size
    }
}
