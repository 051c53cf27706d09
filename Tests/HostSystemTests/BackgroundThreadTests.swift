import Glibc
import HostSystem
import Synchronization
import Testing

@Suite struct BackgroundThreadTests {
    private struct Refused: Error, Equatable { let item: Int }

    @Test func theResultAndTheErrorOfABodyComeBack() throws {
        #expect(try BackgroundThread { 6 * 7 }.join() == 42)
        #expect(throws: Refused(item: 1)) { try BackgroundThread<Int> { throw Refused(item: 1) }.join() }
    }

    @Test func resultsComeInTheOrderOfTheItems() throws {
        let items = Array(0..<200)
        let results = try Parallel.map(items, width: 7) { item in
            usleep(UInt32.random(in: 0...500))
            return item * 2
        }
        #expect(results == items.map { $0 * 2 })
        #expect(try Parallel.map([Int](), width: 4) { $0 } == [])
    }

    @Test func noMoreThanTheWidthRunAtOnce() throws {
        let running = Mutex((now: 0, most: 0))
        try Parallel.forEach(Array(0..<40), width: 3) { _ in
            running.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
            usleep(2000)
            running.withLock { $0.now -= 1 }
        }
        #expect(running.withLock { $0.most } == 3)
        #expect(running.withLock { $0.now } == 0)
    }

    @Test func anErrorEndsTheWork() {
        let begun = Mutex(0)
        #expect(throws: Refused(item: 5)) {
            try Parallel.forEach(Array(0..<1000), width: 2) { item in
                begun.withLock { $0 += 1 }
                if item == 5 { throw Refused(item: item) }
                usleep(200)
            }
        }
        #expect(begun.withLock { $0 } < 100)
    }
}
