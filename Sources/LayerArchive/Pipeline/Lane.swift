import HostSystem
import Synchronization

/// A thread that handles work in the order in which it is sent.
///
/// After an error it goes on taking work without handling it, so that nobody waits for it in vain; the sender learns of
/// the error from `failure`.
final class Lane<Work: Sendable> {
    private let inbox: Inbox<Work>
    private let thread: BackgroundThread<Void>

    init(_ failure: FirstFailure, _ handle: @escaping @Sendable (Work) throws -> Void) {
        let inbox = Inbox<Work>()
        self.inbox = inbox
        thread = BackgroundThread {
            while let work = inbox.next() {
                if failure.isSet { continue }
                do { try handle(work) } catch { failure.set(error) }
            }
        }
    }

    deinit { inbox.close() }

    /// Work holds slabs, and the slabs are counted: that is why the inbox needs no bound of its own.
    func send(_ work: Work) { inbox.add(work) }

    /// Waits until everything that was sent has been handled. Nothing can be sent afterwards.
    func finish() {
        inbox.close()
        try? thread.join()
    }
}

private final class Inbox<Work: Sendable>: @unchecked Sendable {
    private let monitor = Monitor()
    /// In reverse order, so that taking the next is cheap.
    private var taken: [Work] = []
    private var added: [Work] = []
    private var isClosed = false

    func add(_ work: Work) {
        monitor.lock()
        added.append(work)
        monitor.signalAll()
        monitor.unlock()
    }

    func close() {
        monitor.lock()
        isClosed = true
        monitor.signalAll()
        monitor.unlock()
    }

    /// Nil when the inbox is closed and empty.
    func next() -> Work? {
        monitor.lock()
        defer { monitor.unlock() }
        while taken.isEmpty {
            if !added.isEmpty {
                taken = added.reversed()
                added.removeAll(keepingCapacity: true)
            } else if isClosed {
                return nil
            } else {
                monitor.wait()
            }
        }
        return taken.popLast()
    }
}

/// The first error of several threads.
final class FirstFailure: Sendable {
    private let error = Mutex<(any Error)?>(nil)

    var isSet: Bool { error.withLock { $0 != nil } }

    func set(_ error: any Error) { self.error.withLock { if $0 == nil { $0 = error } } }

    func check() throws {
        if let error = error.withLock({ $0 }) { throw error }
    }
}
