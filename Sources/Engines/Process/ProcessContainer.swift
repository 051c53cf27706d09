import ExperimentModel
import Glibc
import HostSystem

/// A command that runs as a plain process.
final class ProcessContainer: RunningContainer, Sendable {
    let name: String
    private let child: ContainerChild

    init(name: String, child: ChildProcess) {
        self.name = name
        self.child = ContainerChild(child) { ContainerEnd($0) }
    }

    var endNotice: EndNotice { .child(child.process.id) }

    var rootProcess: pid_t? { child.process.id }

    func appliedLimits() throws -> ResourceLimits {
        var limits = ResourceLimits()
        var marked = MarkedProcess(child.process.id)
        // The kernel shows a process's variables from the end of its exec(2) on, which may be a moment after its start.
        var waits = 0
        while marked == nil, isRunning, waits < 250 {
            usleep(1000)
            waits += 1
            marked = MarkedProcess(child.process.id)
        }
        limits.gpus = marked?.gpus
        return limits
    }

    private var isRunning: Bool {
        var information = siginfo_t()
        return waitid(P_PID, id_t(child.process.id), &information, WEXITED | WNOWAIT | WNOHANG) == 0
            && information.si_signo != SIGCHLD
    }

    func signal(_ number: Int32) throws { try child.signal(number) }

    func wait() throws -> ContainerEnd { child.wait() }

    func childEnded(_ end: ProcessEnd) { child.ended(end) }
}

/// A process that belongs to a container of the process engine, as /proc shows it (proc(5)).
struct MarkedProcess {
    let id: pid_t
    let container: String
    /// The GPUs that it sees, where they are limited.
    let gpus: GPUSelection?

    /// Nil for a process without the mark, and for one whose variables this user may not see.
    init?(_ id: pid_t) {
        guard let bytes = try? Files.read("/proc/\(id)/environ", limit: 4 << 20) else { return nil }
        var container: String?
        var gpus: GPUSelection?
        for variable in bytes.split(separator: 0) {
            if let name = Self.value(ProcessEngine.nameVariable, variable) { container = name }
            if let list = Self.value(ProcessEngine.devicesVariable, variable) {
                gpus = list.isEmpty ? .count(0) : GPUSelection("device=\(list)")
            }
        }
        guard let container else { return nil }
        self.id = id
        self.container = container
        self.gpus = gpus
    }

    private static func value(_ name: String, _ variable: ArraySlice<UInt8>) -> String? {
        let prefix = Array("\(name)=".utf8)
        guard variable.starts(with: prefix) else { return nil }
        return String(decoding: variable.dropFirst(prefix.count), as: UTF8.self)
    }

    static func all() -> [MarkedProcess] {
        ((try? Files.names(in: "/proc")) ?? []).compactMap { pid_t($0) }.compactMap(MarkedProcess.init)
    }
}
