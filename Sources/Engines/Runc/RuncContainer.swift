import ExperimentModel
import Glibc
import HostSystem

/// A container whose runc is a child of this process, and ends with it.
final class RuncContainer: RunningContainer {
    let name: String
    private let child: ContainerChild
    private let limits: ResourceLimits
    /// Says that somebody looks after the container.
    private let care: FileLock

    /// - Parameter limits: as read back when the container ran.
    init(
        child: ChildProcess, folder: ContainerFolder, group: ControlGroup?, limits: ResourceLimits, care: FileLock
    ) {
        name = folder.name
        self.limits = limits
        self.care = care
        self.child = ContainerChild(child) { end in
            var result = ContainerEnd(end)
            // The first process of the container tells an end by a signal as shells do.
            if case .exited(let code) = end, (129...159).contains(code) { result.end = .signalled(number: code - 128) }
            result.outOfMemory = end != .exited(code: 0) && (group?.killedForMemory ?? 0) > 0
            folder.note(result)
            return result
        }
    }

    var endNotice: EndNotice { .child(child.process.id) }

    var rootProcess: pid_t? { child.process.id }

    func appliedLimits() throws -> ResourceLimits { limits }

    /// runc hands signals on to the command. SIGKILL it cannot hand on, but it ends its whole namespace.
    func signal(_ number: Int32) throws { try child.signal(number) }

    func wait() throws -> ContainerEnd { child.wait() }

    func childEnded(_ end: ProcessEnd) { child.ended(end) }
}
