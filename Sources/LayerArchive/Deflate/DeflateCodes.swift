/// The tables of RFC 1951.
enum DeflateCodes {
    static let lengthBases: [UInt16] = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    static let lengthExtraBits: [UInt8] = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    static let distanceBases: [UInt16] = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    static let distanceExtraBits: [UInt8] = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    /// The order in which the lengths of the code length codes are written.
    static let codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    /// The code (0 to 28) of each match length from 3 to 258, at the length minus 3.
    static let lengthCodes: [UInt8] = (3...258).map { length in
        UInt8(truncatingIfNeeded: (lengthBases.lastIndex { Int($0) <= length }) ?? 0)
    }

    /// The code (0 to 29) of a distance.
    @inline(__always)
    static func distanceCode(_ distance: Int) -> Int {
        if distance <= 4 { return distance - 1 }
        let position = Int.bitWidth - 1 - (distance - 1).leadingZeroBitCount
        return position * 2 + ((distance - 1) >> (position - 1) & 1)
    }

    static let fixedLiterals = HuffmanCode(
        lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    static let fixedDistances = HuffmanCode(lengths: Array(repeating: 5, count: 30))
}

/// A prefix code: for each symbol its length in bits and its code, first bit lowest.
struct HuffmanCode {
    let lengths: [UInt8]
    let codes: [UInt16]

    /// The canonical code of given lengths (RFC 1951, section 3.2.2).
    init(lengths: [UInt8]) {
        var counts = [UInt16](repeating: 0, count: 16)
        for length in lengths where length > 0 { counts[Int(length & 15)] += 1 }
        var next = [UInt16](repeating: 0, count: 16)
        for length in 1..<16 { next[length] = (next[length - 1] + counts[length - 1]) << 1 }
        self.lengths = lengths
        codes = lengths.map { length in
            guard length > 0 else { return 0 }
            let code = next[Int(length & 15)]
            next[Int(length & 15)] += 1
            return Self.reversed(code, Int(length))
        }
    }

    /// A code that suits how often each symbol occurs, with no more than `limit` bits. Symbols that never occur get none.
    init(frequencies: [UInt32], limit: Int) {
        self.init(lengths: Self.lengths(frequencies, limit))
    }

    /// The number of bits for so many of each symbol.
    func cost(_ frequencies: [UInt32]) -> Int {
        var cost = 0
        for (symbol, frequency) in frequencies.enumerated() where frequency > 0 {
            cost += Int(frequency) * Int(lengths[symbol])
        }
        return cost
    }

    private static func reversed(_ code: UInt16, _ count: Int) -> UInt16 {
        var left = code
        var result: UInt16 = 0
        for _ in 0..<count {
            result = result << 1 | left & 1
            left >>= 1
        }
        return result
    }

    /// Huffman's lengths by merging two sorted queues; then lengths over the limit are cut, and the code is made
    /// decodable again by lengthening the rarest symbols that are short enough.
    private static func lengths(_ frequencies: [UInt32], _ limit: Int) -> [UInt8] {
        let used = frequencies.indices.filter { frequencies[$0] > 0 }
            .sorted { (frequencies[$0], $0) < (frequencies[$1], $1) }
        var lengths = [UInt8](repeating: 0, count: frequencies.count)
        guard used.count > 1 else {
            for symbol in used { lengths[symbol] = 1 }
            return lengths
        }
        // Nodes: the leaves in order of weight, then the inner ones in the order of their making.
        var weights = used.map { UInt64(frequencies[$0]) }
        var parents = [Int](repeating: 0, count: used.count * 2 - 1)
        var leaf = 0
        var inner = used.count
        while weights.count < parents.count {
            var sum: UInt64 = 0
            for _ in 0..<2 {
                let takesLeaf = leaf < used.count && (inner >= weights.count || weights[leaf] <= weights[inner])
                let child = takesLeaf ? leaf : inner
                if takesLeaf { leaf += 1 } else { inner += 1 }
                sum += weights[child]
                parents[child] = weights.count
            }
            weights.append(sum)
        }
        var depths = [Int](repeating: 0, count: parents.count)
        for node in stride(from: parents.count - 2, through: 0, by: -1) { depths[node] = depths[parents[node]] + 1 }
        // In units of the longest code, a decodable code fills exactly `1 << limit`.
        var filled = 0
        for index in used.indices {
            depths[index] = min(depths[index], limit)
            filled += 1 << (limit - depths[index])
        }
        var index = 0
        while filled > (1 << limit) {
            if depths[index] < limit {
                depths[index] += 1
                filled -= 1 << (limit - depths[index])
            } else {
                index += 1
            }
        }
        // What that freed beyond need goes to the commonest symbols: some decoders refuse a code with gaps.
        while filled < (1 << limit),
            let index = depths[..<used.count].lastIndex(where: { 1 << (limit - $0) <= (1 << limit) - filled })
        {
            filled += 1 << (limit - depths[index])
            depths[index] -= 1
        }
        for (index, symbol) in used.enumerated() { lengths[symbol] = UInt8(truncatingIfNeeded: depths[index]) }
        return lengths
    }
}
