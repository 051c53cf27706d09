import Synchronization

/// Tells transfers on other threads to stop; they end with `HTTPTransferError.Cause.cancelled` within a moment.
package final class Cancellation: Sendable {
    private let flag = Atomic(false)
    private let parent: Cancellation?

    /// - Parameter parent: stops this one too.
    package init(parent: Cancellation? = nil) { self.parent = parent }

    package func cancel() { flag.store(true, ordering: .relaxed) }

    package var isCancelled: Bool { flag.load(ordering: .relaxed) || parent?.isCancelled == true }
}
