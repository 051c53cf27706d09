/// A word of up to 16 bytes, lower-cased, in two machine words: compared and hashed without touching memory.
struct PackedWord: Hashable, Sendable {
    var low: UInt64 = 0
    var high: UInt64 = 0

    /// The bytes `start ..< end`; nil when there are none or more than 16.
    @inline(__always)
    init?(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) {
        let count = end &- start
        guard count > 0, count <= 16 else { return nil }
        for offset in 0..<Swift.min(count, 8) {
            low |= UInt64(bytes[start &+ offset].lowercased) << UInt64(truncatingIfNeeded: offset &* 8)
        }
        if count > 8 {
            for offset in 8..<count {
                high |= UInt64(bytes[start &+ offset].lowercased) << UInt64(truncatingIfNeeded: (offset &- 8) &* 8)
            }
        }
    }

    init?(_ text: String) {
        let packed = Array(text.utf8).withUnsafeBytes { PackedWord($0, 0, $0.count) }
        guard let packed else { return nil }
        self = packed
    }

    @inline(__always)
    var slot: UInt64 {
        let mixed = (low ^ (high &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ (mixed >> 32)
    }
}

/// An unchanging map from short words to 32 bits, open addressing, at most half full.
struct PackedWordTable: Sendable {
    private struct Entry: Sendable {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var value: UInt32 = 0
    }

    private var entries: [Entry]
    private let mask: UInt64

    /// Values of a word that is given twice are joined bit by bit.
    init(_ words: [(word: String, value: UInt32)]) {
        var capacity = 16
        while capacity < words.count * 4 { capacity *= 2 }
        entries = Array(repeating: Entry(), count: capacity)
        mask = UInt64(capacity - 1)
        for (word, value) in words {
            guard let packed = PackedWord(word) else { continue }
            var slot = packed.slot & mask
            while entries[Int(slot)].low != 0,
                !(entries[Int(slot)].low == packed.low && entries[Int(slot)].high == packed.high)
            {
                slot = (slot &+ 1) & mask
            }
            entries[Int(slot)].low = packed.low
            entries[Int(slot)].high = packed.high
            entries[Int(slot)].value |= value
        }
    }

    /// The word's value; 0 for a word that is not in the table.
    @inline(__always)
    func value(_ word: PackedWord) -> UInt32 {
        var slot = word.slot & mask
        while true {
            let entry = entries[Int(truncatingIfNeeded: slot)]
            if entry.low == word.low, entry.high == word.high { return entry.value }
            if entry.low == 0 { return 0 }
            slot = (slot &+ 1) & mask
        }
    }
}
