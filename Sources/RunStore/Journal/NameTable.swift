/// Metric names, each kept once and known by a small number in the order of their first appearance.
package struct NameTable: Sendable {
    package private(set) var names: [String] = []

    private var slots = [Int32](repeating: -1, count: 64)
    private var hashes: [UInt64] = []
    private var bytes: [[UInt8]] = []

    package init() {}

    /// The number of a name, new or known.
    package mutating func intern(_ name: String) -> Int32 {
        var name = name
        let id: Int32? = name.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
        return id ?? -1
    }

    package func text(_ id: Int32) -> String {
        let index = Int(id)
        return names.indices.contains(index) ? names[index] : ""
    }

    /// The number of a name in UTF-8; nil when the bytes are not plain text.
    mutating func intern(_ text: UnsafeRawBufferPointer) -> Int32? {
        // FNV-1a.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            let id = Int(slots[slot])
            if hashes[id] == hash, bytes[id].elementsEqual(text) { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return add(text, hash)
    }

    private mutating func add(_ text: UnsafeRawBufferPointer, _ hash: UInt64) -> Int32? {
        guard let name = String(validating: text, as: UTF8.self), let id = Int32(exactly: names.count) else {
            return nil
        }
        names.append(name)
        hashes.append(hash)
        bytes.append(Array(text))
        if names.count * 2 > slots.count {
            slots = Array(repeating: -1, count: slots.count * 2)
            for index in names.indices { place(index) }
        } else {
            place(names.count - 1)
        }
        return id
    }

    private mutating func place(_ index: Int) {
        var slot = Int(truncatingIfNeeded: hashes[index]) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(truncatingIfNeeded: index)
    }
}
