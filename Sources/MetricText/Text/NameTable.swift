/// Names seen so far, each with a small number, so that a repeated name costs no allocation.
///
/// Holds at most `limit` names: a program that prints a new name on every line cannot fill the memory.
struct NameTable: Sendable {
    static let limit = 4_096
    private static let slotCount = 16_384

    private(set) var names: [String] = []
    /// Set once a name was refused because the table is full.
    private(set) var overflowed = false
    private var arena: [UInt8] = []
    private var starts: [Int] = [0]
    private var slots = [Int32](repeating: -1, count: slotCount)
    private var hashes: [UInt64] = []

    /// The number of the name, a new one for a name not seen before; nil when the table is full.
    mutating func id(_ name: UnsafeRawBufferPointer) -> Int32? {
        let hash = Fingerprint.of(name)
        var slot = Int(truncatingIfNeeded: hash & UInt64(Self.slotCount - 1))
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if hashes[index] == hash, matches(index, name) { return slots[slot] }
            slot = (slot &+ 1) & (Self.slotCount - 1)
        }
        guard names.count < Self.limit else {
            overflowed = true
            return nil
        }
        let id = Int32(names.count)
        names.append(String(decoding: name, as: UTF8.self))
        hashes.append(hash)
        arena.append(contentsOf: name)
        starts.append(arena.count)
        slots[slot] = id
        return id
    }

    private func matches(_ index: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        let start = starts[index]
        guard starts[index &+ 1] &- start == name.count else { return false }
        return arena.withUnsafeBytes { bytes in
            for offset in 0..<name.count where bytes[start &+ offset] != name[offset] { return false }
            return true
        }
    }
}

/// A 64-bit mark of some bytes. Not safe against an adversary: a collision costs a point, never memory.
enum Fingerprint {
    static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var hash = seed ^ 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: bytes.count)
        var at = 0
        while at &+ 8 <= bytes.count {
            hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at &+= 8
        }
        var tail: UInt64 = 0
        while at < bytes.count {
            tail = tail << 8 | UInt64(bytes[at])
            at &+= 1
        }
        return mix(hash ^ tail)
    }

    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        let (high, low) = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return high ^ low
    }
}
