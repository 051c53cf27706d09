import Glibc
import Synchronization

/// The same work for many items on a few threads.
package enum ParallelWork {
    /// Calls `body` for every item, on up to `threads` threads, in order of the items' beginning. Waits for all.
    ///
    /// After an error no further item is begun, `onFailure` is called once, so that it can stop what is under way, and
    /// the first error is thrown when all threads have ended.
    ///
    /// `onFailure` is called after the error was noted: what it stops cannot be taken for the cause.
    package static func forEach<Item: Sendable>(
        _ items: [Item], threads: Int, onFailure: @Sendable () -> Void = {}, _ body: @Sendable (Item) throws -> Void
    ) throws {
        guard threads > 1, items.count > 1 else {
            do { for item in items { try body(item) } } catch {
                onFailure()
                throw error
            }
            return
        }
        try withoutActuallyEscaping(body) { body in
            try withoutActuallyEscaping(onFailure) { onFailure in
                let shared = Shared(items: items, body: body, onFailure: onFailure)
                var started: [pthread_t] = []
                for _ in 1..<min(threads, items.count) {
                    var thread = pthread_t()
                    let context = Unmanaged.passRetained(shared as Worker)
                    let code = pthread_create(
                        &thread, nil,
                        { context in
                            guard let context else { return nil }
                            Unmanaged<Worker>.fromOpaque(context).takeRetainedValue().run()
                            return nil
                        }, context.toOpaque())
                    // Fewer threads are slower, not wrong.
                    if code == 0 { started.append(thread) } else { context.release() }
                }
                shared.run()
                for thread in started { pthread_join(thread, nil) }
                if let error = shared.error { throw error }
            }
        }
    }

    private class Worker: @unchecked Sendable {
        func run() {}
    }

    private final class Shared<Item: Sendable>: Worker, @unchecked Sendable {
        private let items: [Item]
        private let body: @Sendable (Item) throws -> Void
        private let onFailure: @Sendable () -> Void
        private let state = Mutex<(next: Int, error: (any Error)?)>((0, nil))

        init(items: [Item], body: @escaping @Sendable (Item) throws -> Void, onFailure: @escaping @Sendable () -> Void)
        {
            self.items = items
            self.body = body
            self.onFailure = onFailure
        }

        var error: (any Error)? { state.withLock { $0.error } }

        override func run() {
            while let item = take() {
                do { try body(item) } catch { fail(error) }
            }
        }

        private func take() -> Item? {
            state.withLock { state in
                guard state.error == nil, state.next < items.count else { return nil }
                state.next += 1
                return items[state.next - 1]
            }
        }

        private func fail(_ error: any Error) {
            let isFirst = state.withLock { state in
                defer { state.error = state.error ?? error }
                return state.error == nil
            }
            if isFirst { onFailure() }
        }
    }
}
