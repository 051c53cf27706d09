import Foundation
import TensorBoardEvents
import Testing

/// Damage of all kinds, the same in each run: nothing may trap, hang, or be delivered without being counted.
@Suite struct FuzzTests {
    private static let fixtures = ["scalars", "scalar-tensors", "tensorboard", "tensorboardX"]

    @Test(arguments: fixtures)
    func damagedFilesNeverTrap(name: String) throws {
        let original = try load(name)
        let whole = try Reading(original)
        var random = SplitMix(state: 42)
        for _ in 0..<250 {
            let reading = try Reading(mutated(original, &random))
            #expect(reading.totals.bytes <= original.count * 2 + 64)
            #expect(reading.items.count <= whole.items.count * 2 + 1)
        }
    }

    /// Checksums are made right again after the damage, so that it reaches the inner parsers.
    @Test(arguments: fixtures)
    func damagedEventsWithRightChecksumsNeverTrap(name: String) throws {
        let records = Array(split(try load(name)).prefix(24))
        #expect(records.count > 5)
        var random = SplitMix(state: 7)
        for _ in 0..<300 {
            var bytes = Event.version
            for record in records {
                bytes += Record.framed(random.next() % 3 == 0 ? mutated(record, &random) : record)
            }
            let reading = try Reading(bytes)
            #expect(reading.outcome == .caughtUp && reading.totals.records == records.count + 1)
            #expect(reading.totals.badChecksums == 0)
        }
    }

    @Test func noiseNeverTraps() throws {
        var random = SplitMix(state: 1)
        for _ in 0..<1000 {
            let noise = (0..<Int(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = try Reading(noise)
            let reading = try Reading(Event.version + Record.framed(noise))
            #expect(reading.outcome == .caughtUp && reading.totals.records == 2)
        }
    }

    private func load(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: try FixtureTests.path(name))))
    }

    private func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var records: [[UInt8]] = []
        var position = 0
        while position + 16 <= bytes.count {
            let length = Int(bytes[position]) | Int(bytes[position + 1]) << 8
            records.append(Array(bytes[position + 12..<position + 12 + length]))
            position += length + 16
        }
        return records
    }

    private func mutated(_ original: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = original
        for _ in 0...Int(random.next() % 4) {
            guard !bytes.isEmpty else { return bytes }
            let place = Int(random.next() % UInt64(bytes.count))
            switch random.next() % 6 {
            case 0: bytes[place] ^= 1 << UInt8(random.next() % 8)
            case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][Int(random.next() % 5)]
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
            case 4: bytes.removeLast(bytes.count - place)
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 16)], at: place)
            }
        }
        return bytes
    }
}

/// SplitMix64: small, seeded, good enough to choose damage.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
