import Glibc

/// Bytes that grow at the end and are used again, so that writing a line costs no allocation.
struct LineBuffer: ~Copyable {
    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 65536) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Makes room for `size` more bytes and says where they go; `commit` counts them.
    @inline(__always)
    mutating func reserve(_ size: Int) -> LineCursor {
        if capacity - count < size { grow(size) }
        return LineCursor(next: base + count)
    }

    /// Counts what was written since `reserve`.
    @inline(__always)
    mutating func commit(_ cursor: LineCursor) { count = cursor.next - base }

    @inline(never)
    private mutating func grow(_ size: Int) {
        let larger = max(capacity * 2, count + size)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: base, count: count)
        base.deallocate()
        (base, capacity) = (moved, larger)
    }

    mutating func append(_ source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress else { return }
        var cursor = reserve(source.count)
        cursor.put(start, source.count)
        commit(cursor)
    }

    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    mutating func removeAll() { count = 0 }

    mutating func truncate(to size: Int) { count = min(max(size, 0), count) }

    mutating func removeFirst(_ size: Int) {
        let size = min(max(size, 0), count)
        memmove(base, base + size, count - size)
        count -= size
    }

    /// The size of the whole lines among the first `size` bytes.
    func wholeLines(within size: Int) -> Int {
        var end = min(size, count)
        while end > 0, base[end - 1] != 10 { end -= 1 }
        return end
    }
}
