import ExperimentModel
import Glibc
import HostSystem

/// The folder of one workbench below `$BUNSEN_HOME/workbenches.UID/`:
///
///     NAME.lock       held by the Bunsen that keeps the workbench open
///     NAME/workbench.json
///     NAME/keeper.json that process
///     NAME/log        what the servers print
///     NAME/control/   what the workbench sees at /run/bunsen, for reading only
///     NAME/home/      the home folder inside; it stays until the workbench is taken down
package struct WorkbenchFolder: Sendable, Hashable {
    package let path: String
    package var name: String { Files.name(of: path) }

    private static let lockSuffix = ".lock"

    /// Where this user's workbenches are.
    package static func parent(home: String, user: uid_t = geteuid()) -> String { "\(home)/workbenches.\(user)" }

    package init(home: String, name: String) { path = "\(Self.parent(home: home))/\(name)" }

    private init(path: String) { self.path = path }

    package var logPath: String { "\(path)/log" }
    package var controlPath: String { "\(path)/control" }
    package var homePath: String { "\(path)/home" }
    private var lockPath: String { path + Self.lockSuffix }
    private var recordPath: String { "\(path)/workbench.json" }
    private var keeperPath: String { "\(path)/keeper.json" }

    /// Makes the folder where it is missing, and holds it.
    ///
    /// - Returns: nil when another Bunsen holds it.
    package func take() throws -> FileLock? {
        try Files.makeFolder(Files.parent(of: path) ?? "/", mode: 0o700)
        guard let lock = try FileLock.take(lockPath) else { return nil }
        try Files.makeFolder(path, mode: 0o700)
        return lock
    }

    /// Whether a Bunsen keeps it open.
    package var isKept: Bool { FileLock.isHeld(lockPath) }

    package var exists: Bool { Files.exists(recordPath) }

    /// Nil for a workbench that was never opened, or whose record is damaged.
    package func record() -> WorkbenchRecord? {
        guard let bytes = try? Files.read(recordPath, limit: 1 << 20) else { return nil }
        return try? RecordCoding.decode(WorkbenchRecord.self, from: bytes)
    }

    /// Only this user may read it: it has the token.
    package func write(_ record: WorkbenchRecord) throws {
        try Files.write(try RecordCoding.encode(record), to: recordPath, mode: 0o600)
    }

    /// The process that keeps it open; nil where none does.
    package var keeper: ProcessIdentity? {
        guard isKept, let bytes = try? Files.read(keeperPath, limit: 4096),
            let identity = try? RecordCoding.decode(ProcessIdentity.self, from: bytes), identity.isAlive
        else { return nil }
        return identity
    }

    package func noteKeeper() throws {
        guard let identity = ProcessIdentity.current else { return }
        try Files.write(try RecordCoding.encode(identity), to: keeperPath, mode: 0o600)
    }

    /// Removes all that is left of it. What does not exist is fine.
    package func remove() throws {
        try Files.remove(path)
        unlink(lockPath)
    }

    /// The workbenches of one user, by name.
    package static func all(home: String, user: uid_t = geteuid()) -> [WorkbenchFolder] {
        let parent = parent(home: home, user: user)
        return ((try? Files.names(in: parent)) ?? []).filter { !$0.hasSuffix(lockSuffix) }
            .map { WorkbenchFolder(path: "\(parent)/\($0)") }.filter(\.exists)
    }

    /// The workbenches of all users whose folders may be read.
    package static func everybodys(home: String) -> [WorkbenchFolder] {
        let names = (try? Files.names(in: home)) ?? []
        return names.filter { $0.hasPrefix("workbenches.") }.compactMap { uid_t($0.dropFirst(12)) }.sorted()
            .flatMap { all(home: home, user: $0) }
    }
}
