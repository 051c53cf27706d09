import Engines
import ExperimentModel
import Glibc
import HostSystem

/// Stays with an open workbench: until its servers end, somebody stops it, or nobody has used it for long.
package final class WorkbenchKeeper {
    private let container: any RunningContainer
    private let idle: Double?
    private let memory: Int64?
    private let timeLimit: (Int32) -> Double?
    private var watch: IdleWatch
    private let signals: SignalInbox

    /// What the servers get to end by themselves, in seconds.
    private static let grace = 10.0

    /// Signals to stop are taken from here on; make it before the workbench is shown to anybody.
    ///
    /// - Parameter timeLimit: what the number beside a signal to stop means, in seconds until the servers are killed.
    package init(
        _ container: any RunningContainer, _ record: WorkbenchRecord, server: JupyterServer?,
        timeLimit: @escaping (Int32) -> Double?
    ) throws {
        self.timeLimit = timeLimit
        memory = record.applied?.memory
        self.container = container
        idle = record.idle
        watch = IdleWatch(server: server, shellPort: record.ssh?.address.port)
        signals = try SignalInbox([SIGTERM, SIGINT, SIGQUIT, SIGCHLD])
    }

    /// - Returns: how it ended, in words.
    package func stay() -> String {
        var asked: String?
        var deadline: Double?
        var nextLook = monotonicSeconds()
        while !container.endNotice.hasCome {
            let now = monotonicSeconds()
            if asked == nil, let idle, now >= nextLook {
                let quiet = watch.look()
                if quiet >= idle { asked = "nobody used it for \(ReadableNumber.duration(quiet))" }
                nextLook = now + min(30, max(0.2, idle / 10))
                if asked != nil { deadline = end(at: now) }
            }
            if let deadline, now >= deadline { try? container.signal(SIGKILL) }
            for arrival in waitForEvent(until: [idle == nil ? nil : nextLook, deadline])
            where arrival.number != SIGCHLD && asked == nil {
                asked = "stopped"
                deadline = end(at: monotonicSeconds(), within: arrival.value.flatMap(timeLimit))
            }
        }
        let end = try? container.wait()
        return asked ?? words(for: end)
    }

    private func end(at now: Double, within limit: Double? = nil) -> Double {
        try? container.signal(SIGTERM)
        return now + (limit ?? Self.grace)
    }

    private func words(for end: ContainerEnd?) -> String {
        guard let end else { return "its end is not known" }
        if end.outOfMemory {
            return memory.map { "out of memory: limit \(ResourceLimits.memoryText($0))" } ?? "out of memory"
        }
        if let message = end.message { return message }
        return switch end.end {
        case .exited(0): "its servers ended"
        case .exited(let code): "its servers ended with exit code \(code)"
        case .signalled(let number): "its servers were ended by signal \(number)"
        }
    }

    private func waitForEvent(until moments: [Double?]) -> [SignalInbox.Arrival] {
        var pollers = [pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0)]
        if case .descriptor(let notice) = container.endNotice {
            pollers.append(pollfd(fd: notice.number, events: Int16(POLLIN), revents: 0))
        }
        let next = moments.compactMap { $0 }.min()
        let patience = next.map { Int32(clamping: Int((max(0, $0 - monotonicSeconds()) * 1000).rounded(.up))) } ?? -1
        poll(&pollers, nfds_t(pollers.count), patience)
        return signals.read()
    }
}
