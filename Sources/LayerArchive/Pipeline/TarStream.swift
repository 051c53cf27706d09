import HostSystem

/// Sees the content of one file on its way into a layer.
///
/// It is called on another thread than the writer's, for one file after the other. What it gathers may be looked at
/// when the writer has finished, or when `end` was called.
package protocol ContentObserver: AnyObject {
    func receive(_ bytes: UnsafeRawBufferPointer)

    /// The content was seen to its end, and its size and CRC-32 were right. What this throws ends the layer.
    func end() throws
}

/// Computes the SHA-256 of a file's content and passes it on.
package final class ContentDigest: ContentObserver {
    private let hash = RunningHash()
    private var size = 0
    private let report: @Sendable (_ sha256: String, _ size: Int) throws -> Void

    /// - Parameter report: gets the digest as hexadecimal digits, and the size; what it throws ends the layer.
    package init(_ report: @escaping @Sendable (_ sha256: String, _ size: Int) throws -> Void) {
        self.report = report
    }

    package func receive(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bytes)
        size += bytes.count
    }

    package func end() throws { try report(hash.finish(), size) }
}

/// Two observers of one file.
final class ObserverPair: ContentObserver {
    private let first: any ContentObserver
    private let second: any ContentObserver

    init(_ first: any ContentObserver, _ second: any ContentObserver) {
        self.first = first
        self.second = second
    }

    func receive(_ bytes: UnsafeRawBufferPointer) {
        first.receive(bytes)
        second.receive(bytes)
    }

    func end() throws {
        try first.end()
        try second.end()
    }
}

/// The uncompressed tar stream of a layer: hashed for the diff_id by one thread, seen by observers on another.
final class TarStream {
    private enum Sight: @unchecked Sendable {
        case bytes(Slab, Range<Int>, any ContentObserver)
        case end(any ContentObserver)
    }

    private final class HashState: @unchecked Sendable { let hash = RunningHash() }

    private let pool = SlabPool(count: 64, slabSize: 1 << 18)
    private let failure: FirstFailure
    private let hashing: Lane<Slab>
    private let observing: Lane<[Sight]>
    /// Not yet sent: small files come by the thousand, and waking a thread for each costs more than their content.
    private var sights: [Sight] = []
    private let hash: RunningHash
    private let consumer: Lane<Slab>?
    private var slab: Slab
    private(set) var count = 0

    /// - Parameter consumer: gets the whole stream too, in slabs.
    init(failure: FirstFailure, consumer: Lane<Slab>? = nil) {
        let state = HashState()
        hash = state.hash
        self.failure = failure
        self.consumer = consumer
        hashing = Lane(failure) { state.hash.update($0.bytes) }
        observing = Lane(failure) { sights in
            for sight in sights {
                switch sight {
                case .bytes(let slab, let range, let observer):
                    observer.receive(UnsafeRawBufferPointer(rebasing: slab.memory[range]))
                case .end(let observer): try observer.end()
                }
            }
        }
        slab = pool.take()
    }

    /// Memory for the next bytes, never empty. `commit` says how much of it was filled.
    func space() -> UnsafeMutableRawBufferPointer { slab.free }

    /// Adds what was put into `space`.
    func commit(_ filled: Int, _ observer: (any ContentObserver)? = nil) throws {
        let range = slab.count..<slab.count + filled
        slab.count += filled
        count += filled
        if let observer, filled > 0 { sights.append(.bytes(slab, range, observer)) }
        if slab.count == slab.memory.count { try next() }
    }

    func add(_ bytes: UnsafeRawBufferPointer, _ observer: (any ContentObserver)? = nil) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let room = space()
            let piece = rest.prefix(room.count)
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: piece))
            try commit(piece.count, observer)
            rest = rest.dropFirst(piece.count)
        }
    }

    func end(_ observer: any ContentObserver) { sights.append(.end(observer)) }

    private func sendSights() {
        guard !sights.isEmpty else { return }
        observing.send(sights)
        sights = []
    }

    /// Waits until the observers have seen everything. None can be served afterwards.
    func finishObserving() throws {
        sendSights()
        observing.finish()
        try failure.check()
    }

    private func next() throws {
        sendSights()
        hashing.send(slab)
        consumer?.send(slab)
        try failure.check()
        slab = pool.take()
    }

    /// Waits for all threads. Returns the SHA-256 of the stream: the layer's diff_id.
    func finish() throws -> String {
        if slab.count > 0 {
            hashing.send(slab)
            consumer?.send(slab)
        }
        sendSights()
        hashing.finish()
        observing.finish()
        consumer?.finish()
        try failure.check()
        return hash.finish()
    }
}
