import Dispatch

/// Runs blocking work on threads of its own.
final class Threads: @unchecked Sendable {
    private let queue = DispatchQueue(label: "threads", attributes: .concurrent)
    private let group = DispatchGroup()
    private let guardian = DispatchSemaphore(value: 1)
    private var errors: [String] = []

    func start(_ body: @escaping @Sendable () throws -> Void) {
        queue.async(group: group) { [self] in
            do {
                try body()
            } catch {
                guardian.wait()
                errors.append("\(error)")
                guardian.signal()
            }
        }
    }

    func join() -> [String] {
        group.wait()
        return errors
    }
}

final class Counter: @unchecked Sendable {
    private let guardian = DispatchSemaphore(value: 1)
    private var count = 0

    func increment() {
        guardian.wait()
        count += 1
        guardian.signal()
    }

    var value: Int {
        guardian.wait()
        defer { guardian.signal() }
        return count
    }
}
