import Glibc
import HostSystem

/// A piece of memory on its way through the pipeline. It returns to its pool when the last stage lets go of it.
///
/// One thread fills it; from then on it is only read.
final class Slab: @unchecked Sendable {
    let memory: UnsafeMutableRawBufferPointer
    /// How much of the memory is filled.
    var count = 0
    private let pool: SlabPool

    fileprivate init(_ memory: UnsafeMutableRawBufferPointer, _ pool: SlabPool) {
        self.memory = memory
        self.pool = pool
    }

    deinit { pool.takeBack(memory) }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }
    var free: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[count...]) }
}

/// A bounded number of slabs of one size: this is what bounds the memory of a layer in the making.
final class SlabPool: @unchecked Sendable {
    private let monitor = Monitor()
    private let slabSize: Int
    private var left: Int
    private var spare: [UnsafeMutableRawBufferPointer] = []

    init(count: Int, slabSize: Int) {
        left = count
        self.slabSize = slabSize
    }

    deinit { for memory in spare { memory.deallocate() } }

    /// An empty slab. Waits until one is free.
    func take() -> Slab {
        monitor.lock()
        defer { monitor.unlock() }
        while true {
            if let memory = spare.popLast() { return Slab(memory, self) }
            if left > 0 {
                left -= 1
                return Slab(.allocate(byteCount: slabSize, alignment: 64), self)
            }
            monitor.wait()
        }
    }

    fileprivate func takeBack(_ memory: UnsafeMutableRawBufferPointer) {
        monitor.lock()
        spare.append(memory)
        monitor.signalAll()
        monitor.unlock()
    }
}

/// A lock with a condition to wait for.
final class Monitor: @unchecked Sendable {
    private var waiting = 0
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }
    func unlock() { pthread_mutex_unlock(mutex) }

    /// Lets go of the lock until somebody signals; it may also return without that.
    func wait() {
        waiting += 1
        pthread_cond_wait(condition, mutex)
        waiting -= 1
    }

    /// To be called with the lock. Costs nothing while nobody waits.
    func signalAll() { if waiting > 0 { pthread_cond_broadcast(condition) } }
}
