import ExperimentModel
import Glibc
import HostSystem

/// A command that was started. It goes on when this object is let go of; to end it, signal or remove it.
package protocol RunningContainer: AnyObject {
    /// The name of the request.
    var name: String { get }

    var endNotice: EndNotice { get }

    /// The first process of the container as this machine numbers it, for readings; nil where it cannot be seen.
    var rootProcess: pid_t? { get }

    /// The limits that hold, as read back from the engine or the kernel; what is not limited is nil.
    func appliedLimits() throws -> ResourceLimits

    /// Sends a signal to the command. A container that has ended is no error.
    func signal(_ number: Int32) throws

    /// Waits for the true end. May be called again, and gives the same.
    func wait() throws -> ContainerEnd

    /// Tells that the child process of `endNotice` was waited for by someone else, such as a supervisor who waits for
    /// every child. Afterwards `wait` does not wait for it any more.
    func childEnded(_ end: ProcessEnd)
}

/// How to learn of a container's end without blocking.
package enum EndNotice {
    /// It ends with this child process of ours, which has to be waited for: by `wait`, or by `childEnded`.
    case child(pid_t)
    /// Becomes readable at the end; `wait` then returns at once.
    case descriptor(Descriptor)
}

/// How a container ended.
package struct ContainerEnd: Sendable, Hashable {
    package var end: ProcessEnd
    /// The kernel killed a process of the container because the container's own memory limit was reached.
    package var outOfMemory: Bool
    /// What the engine says of an end that is not the command's own, such as a daemon that was stopped.
    package var message: String?

    package init(_ end: ProcessEnd, outOfMemory: Bool = false, message: String? = nil) {
        self.end = end
        self.outOfMemory = outOfMemory
        self.message = message
    }
}

/// A container as `list` and `inspect` show it.
package struct ContainerState: Sendable {
    package enum Status: Sendable, Hashable {
        case created, running
        case ended(ContainerEnd)
    }

    package var name: String
    package var status: Status
    /// What it was made from, where the engine knows.
    package var image: String?
    package var process: pid_t?
    package var limits: ResourceLimits
    package var labels: [String: String]

    package init(name: String, status: Status, limits: ResourceLimits, labels: [String: String]) {
        self.name = name
        self.status = status
        self.limits = limits
        self.labels = labels
    }
}
