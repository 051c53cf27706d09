import HostSystem
import Synchronization

/// Several transfers at once, of which the first that fails stops the others.
package enum ParallelTransfers {
    /// Calls `body` for every item, `width` at a time, and waits for all.
    ///
    /// - Parameters:
    ///   - cancellation: stops all of them. It stays as it is when one fails.
    ///   - body: gets what stops its transfer.
    /// - Throws: what failed first; never that a sibling was stopped because of it.
    package static func forEach<Item: Sendable>(
        _ items: [Item], width: Int, cancellation: Cancellation?,
        _ body: @escaping @Sendable (Item, Cancellation) throws -> Void
    ) throws {
        let stop = Cancellation(parent: cancellation)
        let cause = FirstError()
        do {
            try Parallel.forEach(items, width: width) { item in
                do { try body(item, stop) } catch {
                    cause.note(error)
                    stop.cancel()
                    throw error
                }
            }
        } catch { throw cause.error ?? error }
    }

    private final class FirstError: Sendable {
        private let noted = Mutex<(any Error)?>(nil)

        var error: (any Error)? { noted.withLock { $0 } }

        func note(_ error: any Error) { noted.withLock { $0 = $0 ?? error } }
    }
}
