import ExperimentModel
import Glibc
import HostSystem
import Synchronization

/// A command that runs as a plain process.
final class ProcessContainer: RunningContainer, Sendable {
    let name: String
    private let child: ChildProcess
    private let known = Mutex<ProcessEnd?>(nil)

    init(name: String, child: ChildProcess) {
        self.name = name
        self.child = child
    }

    var endNotice: EndNotice { .child(child.id) }

    var rootProcess: pid_t? { child.id }

    func appliedLimits() throws -> ResourceLimits {
        var limits = ResourceLimits()
        limits.gpus = MarkedProcess(child.id)?.gpus
        return limits
    }

    func signal(_ number: Int32) throws {
        // Once it was waited for, its number may belong to another process.
        try known.withLock { end in
            guard end == nil else { return }
            guard kill(child.id, number) == 0 || errno == ESRCH else {
                throw SystemError("send signal \(number) to", "process \(child.id)")
            }
        }
    }

    func wait() throws -> ContainerEnd {
        if let end = known.withLock({ $0 }) { return ContainerEnd(end) }
        // Waits without taking the process away, so that a signal meanwhile cannot meet another one.
        var information = siginfo_t()
        _ = retryingInterrupts { waitid(P_PID, id_t(child.id), &information, WEXITED | WNOWAIT) }
        return known.withLock { end in
            let last = end ?? child.wait()
            end = last
            return ContainerEnd(last)
        }
    }

    func childEnded(_ end: ProcessEnd) { known.withLock { $0 = end } }
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
