/// The encoder of what Bunsen makes itself: tar headers, small files, members that a wheel stores.
///
/// It is written here because the digest of a layer must never change: another version of a compression library, or
/// another processor, may make other bytes of the same input. It has one level, about that of `gzip -4`.
///
/// Each run of bytes is encoded by itself, so runs can be encoded in any order and on any thread.
final class DeflateEncoder {
    /// The most that one call of `encode` takes.
    static let longestRun = 1 << 18

    private static let windowSize = 1 << 15
    private static let hashBits = 15
    private static let shortestMatch = 4
    private static let longestMatch = 258
    private static let chainLength = 24
    private static let goodMatch = 48
    private static let blockTokens = 1 << 15

    /// The last place of each hash of four bytes, and for each place the one before it with the same hash; -1 for none.
    private let heads = UnsafeMutablePointer<Int32>.allocate(capacity: 1 << hashBits)
    private let previous = UnsafeMutablePointer<Int32>.allocate(capacity: longestRun)
    /// Literals as themselves; matches as `1 << 31 | (length - 3) << 16 | distance - 1`.
    private let tokens = UnsafeMutablePointer<UInt32>.allocate(capacity: blockTokens + 1)
    private var tokenCount = 0
    private let literalCounts = UnsafeMutablePointer<UInt32>.allocate(capacity: 286)
    private let distanceCounts = UnsafeMutablePointer<UInt32>.allocate(capacity: 30)
    private let lengthCodes = DeflateCodes.lengthCodes

    deinit {
        heads.deallocate()
        previous.deallocate()
        tokens.deallocate()
        literalCounts.deallocate()
        distanceCounts.deallocate()
    }

    /// Adds blocks with the bytes to the output, none of them marked as the last.
    ///
    /// - Parameter bytes: no more than `longestRun`; the rest is left out.
    func encode(_ bytes: UnsafeRawBufferPointer, into output: inout BitOutput) {
        let count = min(bytes.count, Self.longestRun)
        guard count > 0 else { return }
        heads.update(repeating: -1, count: 1 << Self.hashBits)
        var blockStart = 0
        var position = 0
        startBlock()
        while position < count {
            var (length, distance) = bestMatch(bytes, position, count)
            insert(bytes, position, count)
            // A longer match one byte later is worth a literal.
            if length >= Self.shortestMatch, length < Self.goodMatch, position + 1 < count {
                let later = bestMatch(bytes, position + 1, count)
                if later.length > length {
                    addLiteral(bytes[position])
                    position += 1
                    insert(bytes, position, count)
                    (length, distance) = later
                }
            }
            if length >= Self.shortestMatch {
                addMatch(length, distance)
                let end = position + length
                position += 1
                while position < end {
                    insert(bytes, position, count)
                    position += 1
                }
            } else {
                addLiteral(bytes[position])
                position += 1
            }
            if tokenCount >= Self.blockTokens - 1 || position == count {
                writeBlock(UnsafeRawBufferPointer(rebasing: bytes[blockStart..<position]), &output)
                blockStart = position
                startBlock()
            }
        }
    }

    @inline(__always)
    private func hash(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int {
        let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        return Int((word &* 0x9E37_79B1) >> UInt32(32 - Self.hashBits))
    }

    @inline(__always)
    private func insert(_ bytes: UnsafeRawBufferPointer, _ position: Int, _ count: Int) {
        guard position + 4 <= count else { return }
        let slot = hash(bytes, position)
        previous[position] = heads[slot]
        heads[slot] = Int32(truncatingIfNeeded: position)
    }

    @inline(__always)
    private func bestMatch(
        _ bytes: UnsafeRawBufferPointer, _ position: Int, _ count: Int
    ) -> (length: Int, distance: Int) {
        guard position + 4 <= count else { return (0, 0) }
        let limit = min(Self.longestMatch, count - position)
        var best = (length: 0, distance: 0)
        var candidate = Int(heads[hash(bytes, position)])
        var left = Self.chainLength
        while candidate >= 0, position - candidate <= Self.windowSize, left > 0 {
            if best.length == 0 || bytes[candidate + best.length] == bytes[position + best.length] {
                let length = matchLength(bytes, candidate, position, limit)
                if length > best.length {
                    best = (length, position - candidate)
                    if length >= Self.goodMatch || length == limit { break }
                }
            }
            candidate = Int(previous[candidate])
            left -= 1
        }
        return best
    }

    @inline(__always)
    private func matchLength(_ bytes: UnsafeRawBufferPointer, _ left: Int, _ right: Int, _ limit: Int) -> Int {
        var length = 0
        while length + 8 <= limit {
            let difference =
                bytes.loadUnaligned(fromByteOffset: left + length, as: UInt64.self)
                ^ bytes.loadUnaligned(fromByteOffset: right + length, as: UInt64.self)
            if difference != 0 { return length + UInt64(littleEndian: difference).trailingZeroBitCount / 8 }
            length += 8
        }
        while length < limit, bytes[left + length] == bytes[right + length] { length += 1 }
        return length
    }

    private func startBlock() {
        tokenCount = 0
        literalCounts.update(repeating: 0, count: 286)
        distanceCounts.update(repeating: 0, count: 30)
        literalCounts[256] = 1
    }

    @inline(__always)
    private func addLiteral(_ byte: UInt8) {
        tokens[tokenCount] = UInt32(byte)
        tokenCount += 1
        literalCounts[Int(byte)] += 1
    }

    @inline(__always)
    private func addMatch(_ length: Int, _ distance: Int) {
        tokens[tokenCount] = 1 << 31 | UInt32(length - 3) << 16 | UInt32(distance - 1)
        tokenCount += 1
        literalCounts[257 + Int(lengthCodes[length - 3])] += 1
        distanceCounts[DeflateCodes.distanceCode(distance)] += 1
    }

    /// Writes the tokens in the form that takes the fewest bits.
    private func writeBlock(_ bytes: UnsafeRawBufferPointer, _ output: inout BitOutput) {
        let literalFrequencies = Array(UnsafeBufferPointer(start: literalCounts, count: 286))
        let distanceFrequencies = Array(UnsafeBufferPointer(start: distanceCounts, count: 30))
        var extra = 0
        for code in 0..<29 { extra += Int(literalFrequencies[257 + code]) * Int(DeflateCodes.lengthExtraBits[code]) }
        for code in 0..<30 { extra += Int(distanceFrequencies[code]) * Int(DeflateCodes.distanceExtraBits[code]) }
        let fixed =
            3 + extra + DeflateCodes.fixedLiterals.cost(literalFrequencies)
            + DeflateCodes.fixedDistances.cost(distanceFrequencies)
        let header = DynamicHeader(literalFrequencies, distanceFrequencies)
        let dynamic =
            3 + header.size + extra + header.literals.cost(literalFrequencies)
            + header.distances.cost(distanceFrequencies)
        // A stored block may have to fill up a byte first.
        let stored = (bytes.count + 5 * (bytes.count / 65535 + 1)) * 8 + 7
        if stored <= min(fixed, dynamic) {
            writeStored(bytes, &output)
        } else if fixed <= dynamic {
            output.put(0b010, 3)
            writeTokens(DeflateCodes.fixedLiterals, DeflateCodes.fixedDistances, &output)
        } else {
            output.put(0b100, 3)
            header.write(&output)
            writeTokens(header.literals, header.distances, &output)
        }
    }

    private func writeStored(_ bytes: UnsafeRawBufferPointer, _ output: inout BitOutput) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(65535)
            output.put(0b000, 3)
            output.pad()
            output.put(UInt32(piece.count), 16)
            output.put(UInt32(piece.count) ^ 0xffff, 16)
            output.put(bytes: UnsafeRawBufferPointer(rebasing: piece))
            rest = rest.dropFirst(piece.count)
        }
    }

    private func writeTokens(_ literals: HuffmanCode, _ distances: HuffmanCode, _ output: inout BitOutput) {
        literals.codes.withUnsafeBufferPointer { literalCodes in
            literals.lengths.withUnsafeBufferPointer { literalLengths in
                for index in 0..<tokenCount {
                    let token = tokens[index]
                    if token < 1 << 31 {
                        let symbol = Int(token)
                        output.put(UInt32(literalCodes[symbol]), Int(literalLengths[symbol]))
                        continue
                    }
                    let length = Int(token >> 16 & 0xff)
                    let code = Int(lengthCodes[length])
                    output.put(UInt32(literalCodes[257 + code]), Int(literalLengths[257 + code]))
                    output.put(
                        UInt32(length + 3) - UInt32(DeflateCodes.lengthBases[code]),
                        Int(DeflateCodes.lengthExtraBits[code]))
                    let distance = Int(token & 0xffff) + 1
                    let distanceCode = DeflateCodes.distanceCode(distance)
                    output.put(UInt32(distances.codes[distanceCode]), Int(distances.lengths[distanceCode]))
                    output.put(
                        UInt32(distance) - UInt32(DeflateCodes.distanceBases[distanceCode]),
                        Int(DeflateCodes.distanceExtraBits[distanceCode]))
                }
            }
        }
        output.put(UInt32(literals.codes[256]), Int(literals.lengths[256]))
    }
}

/// The codes of one block and how they are written (RFC 1951, section 3.2.7).
private struct DynamicHeader {
    let literals: HuffmanCode
    let distances: HuffmanCode
    private let lengthCode: HuffmanCode
    private let literalCount: Int
    private let distanceCount: Int
    private let lengthCodeCount: Int
    /// A symbol, its extra bits and how many.
    private let symbols: [(symbol: UInt8, extra: UInt8, bits: UInt8)]

    init(_ literalFrequencies: [UInt32], _ distanceFrequencies: [UInt32]) {
        literals = HuffmanCode(frequencies: literalFrequencies, limit: 15)
        var distanceFrequencies = distanceFrequencies
        // One distance code must be there, also where no match is.
        if distanceFrequencies.allSatisfy({ $0 == 0 }) { distanceFrequencies[0] = 1 }
        distances = HuffmanCode(frequencies: distanceFrequencies, limit: 15)
        literalCount = max(257, (literals.lengths.lastIndex { $0 > 0 } ?? 0) + 1)
        distanceCount = (distances.lengths.lastIndex { $0 > 0 } ?? 0) + 1
        symbols = Self.runs(Array(literals.lengths[..<literalCount]) + distances.lengths[..<distanceCount])
        var frequencies = [UInt32](repeating: 0, count: 19)
        for item in symbols { frequencies[Int(item.symbol)] += 1 }
        let code = HuffmanCode(frequencies: frequencies, limit: 7)
        lengthCode = code
        lengthCodeCount = max(4, (DeflateCodes.codeLengthOrder.lastIndex { code.lengths[$0] > 0 } ?? 0) + 1)
    }

    var size: Int {
        14 + lengthCodeCount * 3 + symbols.reduce(0) { $0 + Int(lengthCode.lengths[Int($1.symbol)]) + Int($1.bits) }
    }

    func write(_ output: inout BitOutput) {
        output.put(UInt32(literalCount - 257), 5)
        output.put(UInt32(distanceCount - 1), 5)
        output.put(UInt32(lengthCodeCount - 4), 4)
        for symbol in DeflateCodes.codeLengthOrder[..<lengthCodeCount] {
            output.put(UInt32(lengthCode.lengths[symbol]), 3)
        }
        for item in symbols {
            output.put(UInt32(lengthCode.codes[Int(item.symbol)]), Int(lengthCode.lengths[Int(item.symbol)]))
            output.put(UInt32(item.extra), Int(item.bits))
        }
    }

    private static func runs(_ lengths: [UInt8]) -> [(symbol: UInt8, extra: UInt8, bits: UInt8)] {
        var runs: [(symbol: UInt8, extra: UInt8, bits: UInt8)] = []
        var index = 0
        while index < lengths.count {
            let value = lengths[index]
            var run = 1
            while index + run < lengths.count, lengths[index + run] == value { run += 1 }
            index += run
            if value > 0 {
                runs.append((value, 0, 0))
                run -= 1
            }
            while run >= 3 {
                let part: Int
                if value > 0 {
                    part = min(run, 6)
                    runs.append((16, UInt8(part - 3), 2))
                } else if run < 11 {
                    part = run
                    runs.append((17, UInt8(part - 3), 3))
                } else {
                    part = min(run, 138)
                    runs.append((18, UInt8(part - 11), 7))
                }
                run -= part
            }
            for _ in 0..<run { runs.append((value, 0, 0)) }
        }
        return runs
    }
}
