import HostSystem
import Synchronization

/// Tells a person what a build is doing. Calls come from any thread; the receiver sees them one at a time.
package final class BuildProgress: Sendable {
    package enum Event: Sendable, Hashable {
        /// Something began that says more later.
        case step(String)
        /// How far the step is. `total` is 0 where nobody knows.
        case bytes(done: Int64, total: Int64)
        /// Something is done and worth a line.
        case line(String)
    }

    private struct State {
        var done: Int64 = 0
        var total: Int64 = 0
        var toldAt = 0.0
    }

    private let state = Mutex(State())
    private let receive: @Sendable (Event) -> Void

    package init(_ receive: @escaping @Sendable (Event) -> Void = { _ in }) { self.receive = receive }

    func begin(_ step: String, bytes: Int64 = 0) {
        state.withLock { state in
            state = State(total: bytes)
            receive(.step(step))
        }
    }

    func line(_ text: String) { state.withLock { _ in receive(.line(text)) } }

    /// Tells at most ten times a second.
    func add(_ bytes: Int64) {
        state.withLock { state in
            state.done &+= bytes
            let now = monotonicSeconds()
            guard now - state.toldAt >= 0.1 else { return }
            state.toldAt = now
            receive(.bytes(done: state.done, total: state.total))
        }
    }
}
