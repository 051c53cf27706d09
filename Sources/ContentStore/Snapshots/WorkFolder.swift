import Glibc
import HostSystem

/// A folder for files that nobody keeps. It goes with this value; where a killed process left one, the next that works
/// with the store removes it.
package final class WorkFolder: Sendable {
    package let path: String
    private let lock: FileLock

    init(in store: ContentStore) throws {
        (path, lock) = try IngestFolder.make(in: store.ingestFolder, modes: try store.prepare())
    }

    deinit {
        try? Files.remove(path)
        unlink(path + IngestFolder.lockSuffix)
        withExtendedLifetime(lock) {}
    }
}

extension ContentStore {
    package func workFolder() throws -> WorkFolder { try WorkFolder(in: self) }
}
