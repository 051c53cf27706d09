import Glibc
import Synchronization

/// A thread of the operating system that runs one body and is waited for. For work that blocks, such as reading, hashing
/// and transfers.
package final class BackgroundThread<Result: Sendable>: @unchecked Sendable {
    private let outcome: ThreadOutcome<Result>
    private var thread: pthread_t?

    /// Starts the thread. Where the system has no room for another, the body runs here and now.
    package init(_ body: @escaping @Sendable () throws -> Result) {
        let outcome = ThreadOutcome<Result>()
        self.outcome = outcome
        thread = startThread { outcome.set(Swift.Result { try body() }) }
    }

    deinit {
        if let thread { pthread_detach(thread) }
    }

    /// Waits for the end of the body: its result, or what it threw. To be called by one thread.
    package func join() throws -> Result {
        if let thread { pthread_join(thread, nil) }
        thread = nil
        return try outcome.get()
    }
}

private final class ThreadOutcome<Result: Sendable>: Sendable {
    private let value = Mutex<Swift.Result<Result, any Error>?>(nil)

    func set(_ result: Swift.Result<Result, any Error>) { value.withLock { $0 = result } }

    func get() throws -> Result {
        guard let result = value.withLock({ $0 }) else { throw SystemError("wait for", "a thread", code: ESRCH) }
        return try result.get()
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Nil when the body was run here, because no thread could be started.
private func startThread(_ run: @escaping @Sendable () -> Void) -> pthread_t? {
    var thread = pthread_t()
    let held = Unmanaged.passRetained(ThreadBody(run))
    let failure = pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
            return nil
        }, held.toOpaque())
    if failure == 0 { return thread }
    held.release()
    run()
    return nil
}

/// The same work for many items, on a few threads.
package enum Parallel {
    /// Runs the body for each item, `width` of them at a time, in order of their start. After an error no further item
    /// is begun; the first error is thrown once all that were begun have ended.
    package static func forEach<Item: Sendable>(
        _ items: [Item], width: Int, _ body: @escaping @Sendable (Item) throws -> Void
    ) throws {
        _ = try map(items, width: width, body)
    }

    /// The results in the order of the items.
    package static func map<Item: Sendable, Result: Sendable>(
        _ items: [Item], width: Int, _ body: @escaping @Sendable (Item) throws -> Result
    ) throws -> [Result] {
        let state = ParallelState<Result>(count: items.count)
        let threads = (0..<max(1, min(width, items.count))).map { _ in
            BackgroundThread<Void> {
                while let index = state.next() {
                    do { state.finish(index, try body(items[index])) } catch { state.fail(error) }
                }
            }
        }
        for thread in threads { try thread.join() }
        return try state.results()
    }
}

private final class ParallelState<Result: Sendable>: Sendable {
    private struct State {
        var next = 0
        var results: [Result?]
        var error: (any Error)?
    }

    private let state: Mutex<State>

    init(count: Int) { state = Mutex(State(results: Array(repeating: nil, count: count))) }

    func next() -> Int? {
        state.withLock { state in
            guard state.error == nil, state.next < state.results.count else { return nil }
            state.next += 1
            return state.next - 1
        }
    }

    func finish(_ index: Int, _ result: Result) { state.withLock { $0.results[index] = result } }

    func fail(_ error: any Error) { state.withLock { if $0.error == nil { $0.error = error } } }

    func results() throws -> [Result] {
        try state.withLock { state in
            if let error = state.error { throw error }
            return state.results.compactMap { $0 }
        }
    }
}
