import Glibc

/// A process, told from later ones of the same number.
package struct ProcessIdentity: Sendable, Hashable, Codable {
    package let id: pid_t
    /// Clock ticks between the start of the machine and that of the process: field 22 of proc_pid_stat(5).
    package let started: UInt64

    /// Nil when there is no such process.
    package init?(_ id: pid_t) {
        guard id > 0, let text = try? Files.readText("/proc/\(id)/stat", limit: 4096),
            let close = text.lastIndex(of: ")")
        else { return nil }
        // Behind the name, which may hold anything, field 3 is the first.
        let fields = text[close...].split(separator: " ")
        guard fields.count > 20, let started = UInt64(fields[20]) else { return nil }
        self.id = id
        self.started = started
    }

    package static var current: ProcessIdentity? { ProcessIdentity(getpid()) }

    package var isAlive: Bool { ProcessIdentity(id) == self }

    /// When the process was started, by the clock of now; nil where the machine does not say.
    package var startTime: Timestamp? {
        let ticks = sysconf(Int32(_SC_CLK_TCK))
        guard ticks > 0, let text = try? Files.readText("/proc/uptime", limit: 256),
            let uptime = text.split(separator: " ").first.flatMap({ Double($0) })
        else { return nil }
        return Timestamp(seconds: Timestamp.now.seconds - uptime + Double(started) / Double(ticks))
    }
}
