import HTTPTransfer
import HostSystem
import OCIModel
import Synchronization

/// Copies blobs of an image that is still being made, so that the copy of the whole finds most of them there.
///
/// It promises nothing: a blob that could not be copied is left to the copy of the whole, which tells why.
package final class EarlyCopy: Sendable {
    private struct State {
        var waiting: [ContentDescriptor] = []
        var active = 0
        var threads: [BackgroundThread<Void>] = []
        var moved: Int64 = 0
    }

    private let state = Mutex(State())
    private let copy: ImageCopy
    private let stop = Cancellation()

    /// How many blobs move at once: they are made on the same processors.
    private static let width = 2

    package init(_ copy: ImageCopy) { self.copy = copy }

    /// Begins with a blob that the source has now, and returns at once.
    package func begin(_ blob: ContentDescriptor) {
        let isNeeded = state.withLock { state in
            state.waiting.append(blob)
            guard state.active < Self.width else { return false }
            state.active += 1
            return true
        }
        guard isNeeded else { return }
        let thread = BackgroundThread<Void> { self.work() }
        state.withLock { $0.threads.append(thread) }
    }

    private func work() {
        while let blob = next() {
            guard !stop.isCancelled, case .moved? = try? copy.copy(blob, stop) else { continue }
            state.withLock { $0.moved &+= blob.size }
        }
    }

    private func next() -> ContentDescriptor? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.active -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    /// Waits for all that was begun.
    ///
    /// - Returns: bytes that were sent.
    package func finish() -> Int64 {
        for thread in state.withLock({ $0.threads }) { try? thread.join() }
        return state.withLock { $0.moved }
    }

    /// Leaves off, for an image that will not be made.
    package func cancel() {
        stop.cancel()
        _ = finish()
    }
}
