import ExperimentModel
import GPUDevices
import Glibc
import HostSystem
import RunCapture
import RunStore
import Workbench

/// Something of somebody that goes on, or a workbench that could.
struct Session: Encodable {
    /// Nil where another user's cannot be told.
    var name: String?
    let user: String
    /// `jupyter`, `ssh` or `jupyter ssh`; of a run, its command.
    var what: String
    let kind: Kind
    var engine: String?
    var status: String
    /// RFC 3339.
    var since: String?
    /// Nil for none, and where it cannot be told.
    var gpus: String?
    /// Resident bytes of all of its processes.
    var memory: UInt64?
    var process: pid_t?

    enum Kind: String, Encodable { case workbench, run }
}

/// Everything that goes on. One's own is read from folders; other people's folders are closed, so of them is told what
/// the system shows to everybody: which processes are Bunsen's, since when, and how much memory they have.
struct SessionList {
    private(set) var sessions: [Session] = []
    private let context: CommandContext
    private let hasGPUs: Bool

    init(everybody: Bool, _ context: CommandContext) {
        self.context = context
        hasGPUs = !(NVML()?.inventory().isEmpty ?? true)
        let folders =
            everybody ? WorkbenchFolder.everybodys(home: context.home) : WorkbenchFolder.all(home: context.home)
        for folder in folders {
            guard let record = folder.record() else { continue }
            sessions.append(workbench(WorkbenchReference(folder, record)))
        }
        let known = Set(sessions.compactMap(\.process))
        for process in BunsenProcess.all() where everybody || process.user == geteuid() {
            if known.contains(process.identity.id) { continue }
            if let session = session(of: process) { sessions.append(session) }
        }
    }

    private func workbench(_ workbench: WorkbenchReference) -> Session {
        let record = workbench.record
        let status = workbench.status(context)
        let keeper = workbench.folder.keeper
        var session = Session(
            name: record.name, user: Self.name(ofOwner: workbench.folder.path),
            what: record.doors.map(\.rawValue).joined(separator: " "), kind: .workbench, engine: record.engine,
            status: status.text, since: (status.isOpen ? record.started : record.end?.time)?.rfc3339)
        session.process = keeper?.id
        guard status.isOpen else { return session }
        session.gpus = gpus((record.applied ?? record.asked).gpus)
        // What a daemon started is not below its Bunsen.
        let first = ["docker", "podman"].contains(record.engine) ? workbench.container(context)?.process : nil
        session.memory = [keeper?.id, first].compactMap { $0 }.reduce(0) { $0 + Self.memory(from: $1) }
        return session
    }

    private func session(of process: BunsenProcess) -> Session? {
        let isRun = process.arguments.first == "run"
        var session = Session(
            user: Self.name(of: process.user),
            what: process.arguments.dropFirst().joined(separator: " "), kind: isRun ? .run : .workbench,
            status: isRun ? "running" : "open", since: process.identity.startTime?.rfc3339)
        session.process = process.identity.id
        session.memory = Self.memory(from: process.identity.id)
        if isRun, let folder = process.workingFolder {
            var surroundings = context
            surroundings.workingFolder = folder
            let store = Project(surroundings).store
            let runs = ((try? store.folders()) ?? []).reversed().lazy.filter(\.isHeld).compactMap {
                try? $0.readManifest()
            }
            if let manifest = runs.first(where: { $0.supervisor?.id == process.identity.id }) {
                session.name = manifest.id.short
                session.engine = manifest.command.engine
                session.gpus = gpus((manifest.limits?.applied ?? manifest.limits?.asked)?.gpus)
                session.what = ShellQuoting.line(manifest.command.arguments)
                session.since = manifest.started.rfc3339
            }
        }
        // One that waits for its detached self, or still prepares its run, is no session of its own.
        if process.waitsForDetached || (process.user == geteuid() && session.name == nil) { return nil }
        session.what = String(session.what.prefix(60))
        return session
    }

    private func gpus(_ selection: GPUSelection?) -> String? {
        switch selection {
        case .count(0): nil
        case let selection?: selection.description
        case nil: hasGPUs ? "all" : nil
        }
    }

    private static func memory(from process: pid_t) -> UInt64 {
        ProcessTree.from(process).members.reduce(0) { $0 &+ $1.memory }
    }

    private static func name(ofOwner path: String) -> String {
        var status = stat()
        return name(of: stat(path, &status) == 0 ? status.st_uid : geteuid())
    }

    private static func name(of user: uid_t) -> String {
        getpwuid(user).flatMap { $0.pointee.pw_name }.map { String(cString: $0) } ?? "\(user)"
    }
}
