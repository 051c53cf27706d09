import HostSystem

/// The compressed bytes of a layer: hashed and written by a thread of their own, in slabs.
///
/// Bytes can be held: they stay here, and can be changed, until they are released.
final class BlobOutput {
    private let pool = SlabPool(count: 64, slabSize: 1 << 18)
    private let lane: Lane<Slab>
    private let failure: FirstFailure
    private let hash: RunningHash
    /// Full slabs that are held, and the one that is being filled. The first starts at `start`.
    private var slabs: [Slab] = []
    private var start = 0
    /// The number of bytes that were added.
    private(set) var count = 0
    /// The offset from which on bytes are held.
    private var heldFrom = Int.max

    init(_ descriptor: Descriptor, path: String, failure: FirstFailure) {
        let state = HashState()
        hash = state.hash
        self.failure = failure
        lane = Lane(failure) { slab in
            state.hash.update(slab.bytes)
            try descriptor.writeAll(slab.bytes, path: path)
        }
    }

    /// The hash is used by the lane until that was waited for, and by this class only afterwards.
    private final class HashState: @unchecked Sendable { let hash = RunningHash() }

    func add(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let room = try space()
            let piece = rest.prefix(room.count)
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: piece))
            try commit(piece.count)
            rest = rest.dropFirst(piece.count)
        }
    }

    func add(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try add($0) } }

    /// Memory for the next bytes, never empty. `commit` says how much of it was filled.
    func space() throws -> UnsafeMutableRawBufferPointer {
        if let last = slabs.last, last.count < last.memory.count { return last.free }
        try failure.check()
        let slab = pool.take()
        slabs.append(slab)
        return slab.free
    }

    func commit(_ filled: Int) throws {
        slabs.last?.count += filled
        count += filled
        release()
    }

    /// Bytes from `offset` on stay here until `hold` or `holdNothing` is called again. No more than a few slabs' worth
    /// may be held.
    func hold(from offset: Int) {
        heldFrom = offset
        release()
    }

    func holdNothing() { hold(from: .max) }

    /// Changes one byte that is held.
    func change(at offset: Int, _ body: (inout UInt8) -> Void) {
        var slabStart = start
        for slab in slabs {
            if offset >= slabStart, offset - slabStart < slab.count {
                body(&slab.memory[offset - slabStart])
                return
            }
            slabStart += slab.count
        }
    }

    /// Takes the last byte away again; it must not have been released.
    func removeLast() -> UInt8? {
        while let slab = slabs.last, slab.count == 0 { _ = slabs.popLast() }
        guard let slab = slabs.last else { return nil }
        slab.count -= 1
        count -= 1
        return slab.memory[slab.count]
    }

    /// Sends full slabs to be written, except what is held.
    private func release() {
        while let first = slabs.first, first.count == first.memory.count, start + first.count <= heldFrom {
            start += first.count
            lane.send(first)
            slabs.removeFirst()
        }
    }

    /// Writes what is left and waits. Returns the SHA-256 of all bytes.
    func finish() throws -> String {
        heldFrom = .max
        for slab in slabs where slab.count > 0 { lane.send(slab) }
        slabs = []
        lane.finish()
        try failure.check()
        return hash.finish()
    }
}
