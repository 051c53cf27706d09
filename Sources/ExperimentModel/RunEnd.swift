import HostSystem

/// Where a run stands. A run is `running` only while its supervisor lives; everything else is an end.
package enum RunStatus: String, Sendable, Hashable, Codable, CaseIterable {
    /// The supervisor is alive.
    case running
    /// The command ended with exit code 0.
    case finished
    /// The command ended with another exit code.
    case failed
    /// A signal that nobody here sent ended the command.
    case killed
    /// The kernel's out-of-memory killer ended the command, or it ended with a memory error it reported itself.
    case outOfMemory = "out-of-memory"
    /// A person stopped the run (Ctrl-C or a termination signal to Bunsen).
    case stopped
    /// The supervisor was killed or the machine went down: the journal ends without an end.
    case interrupted
}

/// How and when a run ended, as the supervisor saw it.
package struct RunEnd: Sendable, Hashable, Codable {
    package var status: RunStatus
    package var time: Timestamp
    /// Seconds of the monotonic clock between the start of the command and its end.
    package var duration: Double
    /// The command's exit code, when it exited.
    package var exitCode: Int32?
    /// The number of the signal that ended it, when one did.
    package var signal: Int32?
    /// One sentence where the cause is known, such as "out of memory: the kernel killed process 812".
    package var reason: String?
    /// The largest step that any metric reported.
    package var lastStep: Int64?

    package init(status: RunStatus, time: Timestamp, duration: Double) {
        self.status = status
        self.time = time
        self.duration = duration
    }
}
