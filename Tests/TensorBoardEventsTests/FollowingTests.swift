import Glibc
import TensorBoardEvents
import Testing

/// Reading a file while it is written.
@Suite struct FollowingTests {
    private let bytes: [UInt8] = {
        var bytes = Event.version
        for step in 0..<40 {
            bytes += Event.scalar("loss", Int64(step), 1 / Float(step + 1))
            bytes += Event.scalar("tag \(step % 7)", Int64(step), 2)
        }
        return bytes
    }()

    @Test(arguments: [1, 2, 3, 7, 13, 50, 1000])
    func growingInChunksGivesWhatOneReadGives(size: Int) throws {
        let file = try TemporaryFile()
        var reader = EventFileReader(path: file.path)
        var items: [EventFileItem] = []
        var position = 0
        while position < bytes.count {
            let end = min(bytes.count, position + size)
            try file.append(bytes[position..<end])
            position = end
            let outcome = try reader.readAvailable { items.note($0) }
            #expect(outcome == .caughtUp || outcome == .truncatedTail(offset: reader.totals.bytes))
        }
        let whole = try Reading(bytes)
        #expect(items == whole.items)
        #expect(reader.totals == whole.totals)
    }

    @Test(arguments: [12, 17, 64, 100])
    func smallReadChunksGiveWhatLargeOnesGive(size: Int) throws {
        var limits = EventFileReader.Limits()
        limits.chunk = size
        #expect(try Reading(bytes, limits: limits) == Reading(bytes))
    }

    @Test func budgetPausesAndGoesOn() throws {
        let file = try TemporaryFile(bytes)
        var limits = EventFileReader.Limits()
        limits.chunk = 256
        var reader = EventFileReader(path: file.path, limits: limits)
        var items: [EventFileItem] = []
        var pauses = 0
        while try reader.readAvailable(atMost: 500, { items.note($0) }) == .paused { pauses += 1 }
        #expect(items == (try Reading(bytes).items))
        #expect(pauses >= 3)
    }

    @Test func nothingIsDeliveredTwice() throws {
        let file = try TemporaryFile(bytes)
        var reader = EventFileReader(path: file.path)
        var items: [EventFileItem] = []
        var tags = 0
        for _ in 0..<3 {
            let outcome = try reader.readAvailable { item in
                items.note(item)
                if case .tag = item { tags += 1 }
            }
            #expect(outcome == .caughtUp)
        }
        #expect(items.count == 80 && tags == 8)
    }

    @Test func shrunkFileIsReplacedThenReadFromItsStart() throws {
        let file = try TemporaryFile(bytes)
        var reader = EventFileReader(path: file.path)
        _ = try reader.readAvailable { _ in }
        try file.replace(with: Event.version + Event.scalar("other", 1, 5) + Event.scalar("loss", 2, 6))
        var items: [EventFileItem] = []
        #expect(try reader.readAvailable { items.note($0) } == .replaced)
        #expect(items.isEmpty && reader.totals == EventFileTotals())
        #expect(try reader.readAvailable { items.note($0) } == .caughtUp)
        #expect(items.count == 2)
        guard case .scalar(let point) = items.last else {
            Issue.record("no scalar")
            return
        }
        // Ids outlive the replacement.
        #expect(point.tag.rawValue == 0 && reader.tags[point.tag]?.name == "loss")
    }

    @Test func longerFileWithOtherContentIsReplaced() throws {
        let file = try TemporaryFile(bytes)
        var reader = EventFileReader(path: file.path)
        _ = try reader.readAvailable { _ in }
        let other = Record.framed(Message().double(1, 2000).string(3, "brain.Event:2")) + bytes + bytes
        try file.replace(with: other)
        #expect(try reader.readAvailable { _ in } == .replaced)
    }

    @Test func sameStartButOtherContinuationIsReplaced() throws {
        let file = try TemporaryFile(bytes)
        var reader = EventFileReader(path: file.path)
        _ = try reader.readAvailable { _ in }
        try file.replace(with: bytes[..<400] + [UInt8](repeating: 7, count: bytes.count))
        #expect(try reader.readAvailable { _ in } == .replaced)
    }

    @Test func grownCopyUnderTheSameNameGoesOn() throws {
        let file = try TemporaryFile(Array(bytes[..<900]))
        var reader = EventFileReader(path: file.path)
        var items: [EventFileItem] = []
        _ = try reader.readAvailable { items.note($0) }
        // As rsync does it: a new file takes the name.
        let copy = try TemporaryFile(bytes)
        try #require(rename(copy.path, file.path) == 0)
        #expect(try reader.readAvailable { items.note($0) } == .caughtUp)
        #expect(items == (try Reading(bytes).items))
    }

    @Test func corruptFileStaysCorruptUntilItIsReplaced() throws {
        var damaged = bytes
        let offset = Event.version.count
        damaged[offset + 8] ^= 1
        let file = try TemporaryFile(damaged)
        var reader = EventFileReader(path: file.path)
        for _ in 0..<2 {
            #expect(
                try reader.readAvailable { _ in } == .corrupt(offset: offset, reason: .lengthChecksum))
        }
        try file.replace(with: [])
        #expect(try reader.readAvailable { _ in } == .replaced)
        #expect(try reader.readAvailable { _ in } == .caughtUp)
    }

    @Test func missingFileIsAnErrorAndComesBack() throws {
        let file = try TemporaryFile(bytes)
        var reader = EventFileReader(path: file.path)
        _ = try reader.readAvailable { _ in }
        try #require(rename(file.path, file.path + ".away") == 0)
        #expect(throws: EventFileError.self) { try reader.readAvailable { _ in } }
        try #require(rename(file.path + ".away", file.path) == 0)
        #expect(try reader.readAvailable { _ in } == .caughtUp)
    }
}
