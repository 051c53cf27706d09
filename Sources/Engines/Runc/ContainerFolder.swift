import ExperimentModel
import Glibc
import HostSystem

/// The folder of one container below `$BUNSEN_HOME/containers.UID/`, and the locks that say who is alive:
///
///     NAME.lock        held by the process that started the container, for as long as it looks after it
///     NAME/running     held by runc, and so for as long as the container runs
///     NAME/record.json what was asked for
///     NAME/end         how it ended, once that is known
///     NAME/process     which process runc is
///     NAME/…           the bundle, runc's state, and the files that the container wrote outside its mounts
///
/// The kernel drops the locks of a killed process. A folder that nobody holds is what a killed Bunsen left: any
/// command that looks at containers removes it. Nothing of it is mounted anywhere: the mounts are in the container's
/// own namespace and end with its processes.
struct ContainerFolder: Sendable {
    struct Record: Codable, Sendable {
        var name: String
        var image: String?
        var started: Timestamp
        var limits: ResourceLimits
        var labels: [String: String]
        /// Below the hierarchies of control groups; nil for a container without one.
        var controlGroup: String?
    }

    let path: String
    var name: String { Files.name(of: path) }

    static let lockSuffix = ".lock"

    /// Where the containers of this user are.
    static func parent(home: String) -> String { "\(home)/containers.\(geteuid())" }

    init(home: String, name: String) { path = "\(Self.parent(home: home))/\(name)" }

    private var lockPath: String { path + Self.lockSuffix }
    var runningPath: String { "\(path)/running" }
    /// Written by runc when the command runs.
    var processPath: String { "\(path)/pid" }
    var logPath: String { "\(path)/runc.log" }

    // MARK: Life

    /// Makes the folder, and holds it until the lock is let go of.
    func make(_ record: Record) throws -> FileLock {
        try Files.makeFolder(Files.parent(of: path) ?? "/", mode: 0o700)
        guard let lock = try FileLock.take(lockPath), mkdir(path, 0o700) == 0 else {
            throw EngineError("start", name, .refused("there is a container of that name"))
        }
        try Files.makeFolder("\(path)/state", mode: 0o700)
        try ShortLivedFile.write(json: record, to: "\(path)/record.json")
        return lock
    }

    var exists: Bool { Files.exists("\(path)/record.json") }
    var isRunning: Bool { FileLock.isHeld(runningPath) }
    private var isHeld: Bool { isRunning || FileLock.isHeld(lockPath) }

    func record() -> Record? { ShortLivedFile.read(Record.self, from: "\(path)/record.json") }
    func end() -> ContainerEnd? {
        (try? Files.readText("\(path)/end", limit: 256)).flatMap(ContainerEnd.init(line:))
    }

    /// Keeps how the container ended for whoever asks later.
    func note(_ end: ContainerEnd) {
        if exists { try? ShortLivedFile.write(Array(end.line.utf8), to: "\(path)/end") }
    }

    /// Ends the container where it still runs, and removes all that is left of it. What does not exist is fine.
    ///
    /// - Parameter groups: the control groups in which containers of this user are; nil for none.
    func remove(_ groups: ControlGroups?) throws {
        if let process { kill(process, SIGKILL) }
        let deadline = monotonicSeconds() + 5
        while isRunning, monotonicSeconds() < deadline { usleep(2_000) }
        // Of a container that has none there is no folder.
        if let groups { ControlGroup(groups: groups, path: BundleMaker.controlGroup(of: name)).remove() }
        try Files.remove(path)
        unlink(lockPath)
    }

    /// runc itself, the first process of the container's outer namespace: when it is killed, all of them are.
    var process: pid_t? {
        guard isRunning, let text = try? Files.readText("\(path)/process", limit: 256) else { return nil }
        let words = text.split(separator: " ")
        guard words.count == 2, let id = pid_t(words[0]), let identity = ProcessIdentity(id),
            String(identity.started) == words[1]
        else { return nil }
        return id
    }

    func note(process id: pid_t) throws {
        guard let identity = ProcessIdentity(id) else { return }
        try ShortLivedFile.write(Array("\(identity.id) \(identity.started)".utf8), to: "\(path)/process")
    }

    // MARK: All of them

    /// The containers of this user, after the removal of what killed processes left behind.
    static func all(home: String) -> [ContainerFolder] {
        let parent = parent(home: home)
        let names = (try? Files.names(in: parent)) ?? []
        return names.filter { !$0.hasSuffix(lockSuffix) }.compactMap { name in
            let folder = ContainerFolder(home: home, name: name)
            if folder.isHeld { return folder }
            // Taken now, so that no other command removes it at the same time.
            guard let lock = try? FileLock.take(folder.lockPath) else { return folder }
            if !folder.isRunning { try? folder.remove(ControlGroups.forContainers()) }
            withExtendedLifetime(lock) {}
            return nil
        }
    }
}

extension ContainerEnd {
    /// `exited 0`, or `signalled 9 out-of-memory`.
    fileprivate var line: String {
        let end =
            switch end {
            case .exited(let code): "exited \(code)"
            case .signalled(let number): "signalled \(number)"
            }
        return end + (outOfMemory ? " \(Self.outOfMemoryWord)" : "")
    }

    fileprivate init?(line: String) {
        let words = line.split(separator: " ")
        guard words.count >= 2, let number = Int32(words[1]) else { return nil }
        self.init(
            words[0] == "exited" ? .exited(code: number) : .signalled(number: number),
            outOfMemory: words.count > 2 && words[2] == Self.outOfMemoryWord)
    }

    private static let outOfMemoryWord = "out-of-memory"
}
