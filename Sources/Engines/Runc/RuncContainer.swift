import ExperimentModel
import Glibc
import HostSystem
import Synchronization

/// A container whose runc is a child of this process, and ends with it.
final class RuncContainer: RunningContainer {
    let name: String
    private let child: ChildProcess
    private let folder: ContainerFolder
    private let group: ControlGroup?
    private let limits: ResourceLimits
    /// Says that somebody looks after the container.
    private let care: FileLock
    private let known = Mutex<ContainerEnd?>(nil)

    /// - Parameter limits: as read back when the container ran.
    init(
        child: ChildProcess, folder: ContainerFolder, group: ControlGroup?, limits: ResourceLimits, care: FileLock
    ) {
        name = folder.name
        self.child = child
        self.folder = folder
        self.group = group
        self.limits = limits
        self.care = care
    }

    var endNotice: EndNotice { .child(child.id) }

    var rootProcess: pid_t? { child.id }

    func appliedLimits() throws -> ResourceLimits { limits }

    /// runc hands signals on to the command. SIGKILL it cannot hand on, but it ends its whole namespace.
    func signal(_ number: Int32) throws {
        try known.withLock { end in
            guard end == nil else { return }
            guard kill(child.id, number) == 0 || errno == ESRCH else {
                throw SystemError("send signal \(number) to", "process \(child.id)")
            }
        }
    }

    func wait() throws -> ContainerEnd {
        if let end = known.withLock({ $0 }) { return end }
        // Waits without taking the process away, so that a signal meanwhile cannot meet another one.
        var information = siginfo_t()
        _ = retryingInterrupts { waitid(P_PID, id_t(child.id), &information, WEXITED | WNOWAIT) }
        return known.withLock { known in
            if let end = known { return end }
            let end = end(after: child.wait())
            known = end
            return end
        }
    }

    func childEnded(_ end: ProcessEnd) {
        known.withLock { known in if known == nil { known = self.end(after: end) } }
    }

    private func end(after end: ProcessEnd) -> ContainerEnd {
        var result = ContainerEnd(end)
        // The first process of the container tells an end by a signal as shells do.
        if case .exited(let code) = end, (129...159).contains(code) { result.end = .signalled(number: code - 128) }
        result.outOfMemory = end != .exited(code: 0) && (group?.killedForMemory ?? 0) > 0
        folder.note(result)
        return result
    }
}
