import Glibc

/// How a run is stopped: the first request is forwarded to the command as it came, so that it can save a checkpoint;
/// the second asks all of its processes to end, the third kills them. Without further requests time does the same.
package struct StopRequest {
    enum Step: Equatable { case forward, terminate, kill }

    private(set) var childEndedAt: Double?
    private var signal: Int32?
    private var step: Step?
    private var changed = 0.0
    private var grace = 0.0
    /// After the grace comes the kill, and nothing before it.
    private var killsNext = false

    var wasRequested: Bool { step != nil }

    /// When the next step is due without a request, in monotonic seconds.
    var nextDeadline: Double? { escalatesByTime ? changed + grace : nil }

    /// Ctrl-C alone never escalates by time: a script may take long to save its state, and the person can press again.
    private var escalatesByTime: Bool {
        guard childEndedAt == nil else { return false }
        return switch step {
        case .forward: signal != SIGINT || killsNext
        case .terminate: true
        case .kill, nil: false
        }
    }

    var firstSignalName: String {
        switch signal {
        case SIGINT: "Ctrl-C"
        case SIGTERM: "SIGTERM"
        case SIGHUP: "a closed terminal (SIGHUP)"
        case SIGQUIT: "SIGQUIT"
        default: "a signal"
        }
    }

    /// What goes beside a signal to the supervisor (sigqueue(3)) to say after how many seconds it shall kill.
    package static func value(limit seconds: Int32) -> Int32 { min(max(seconds, 0), .max - 1) + 1 }

    /// The seconds that such a number stands for. Others send 0, where they send one at all.
    package static func limit(value: Int32) -> Double? { value > 0 ? Double(value - 1) : nil }

    mutating func childEnded(at now: Double) { childEndedAt = now }

    /// - Parameter limit: seconds after which the command is killed whatever it does; nil for the usual steps.
    mutating func request(_ number: Int32, at now: Double, grace: Double, limit: Double? = nil) -> Step {
        let next: Step =
            switch step {
            case nil: .forward
            case .forward: .terminate
            case .terminate, .kill: .kill
            }
        if signal == nil { signal = number }
        (step, changed, self.grace) = (next, now, limit.map { max(0, $0) } ?? grace)
        killsNext = limit != nil
        return next
    }

    /// The step that is due at `now` because the last one had no effect in `grace` seconds.
    mutating func escalation(at now: Double) -> Step? {
        guard let nextDeadline, now >= nextDeadline else { return nil }
        (step, changed) = (step == .forward && !killsNext ? .terminate : .kill, now)
        return step
    }
}
