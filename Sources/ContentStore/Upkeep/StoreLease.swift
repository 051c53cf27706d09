import Glibc
import HostSystem

/// Says that a process works with the store: what it used since it began, prune leaves alone.
///
/// Held from the first look into the store to the last, by whoever relies on finding again what it saw: a build, a push,
/// a pull. The kernel drops the lock of a killed holder.
package final class StoreLease: Sendable {
    private let path: String
    private let lock: FileLock

    fileprivate init(_ store: ContentStore) throws {
        let modes = try store.prepare()
        // A prune that is on its way holds this lock alone: what it decided to remove is gone before we look.
        let gate = try FileLock.share(store.lockPath)
        defer { withExtendedLifetime(gate) {} }
        path = "\(store.leasesFolder)/\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        try modes.makeEmptyFile(path)
        lock = try FileLock.wait(path)
    }

    deinit {
        unlink(path)
        withExtendedLifetime(lock) {}
    }

    /// The beginning of the oldest lease whose holder lives; nil without one. Removes those of killed holders. To be
    /// called while holding the store's lock alone, so that no lease is just being made.
    static func oldest(in store: ContentStore) -> Timestamp? {
        var oldest: Timestamp?
        for name in (try? Files.names(in: store.leasesFolder)) ?? [] {
            let path = "\(store.leasesFolder)/\(name)"
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            if FileLock.isHeld(path) {
                oldest = min(oldest ?? UseTime.time(status), UseTime.time(status))
            } else {
                unlink(path)
            }
        }
        return oldest
    }
}

extension ContentStore {
    /// Begins to work with the store. Also removes what killed processes left half-written.
    package func lease() throws -> StoreLease {
        let lease = try StoreLease(self)
        IngestFile.sweep(ingestFolder, partialAge: 7 * 86400)
        return lease
    }
}
