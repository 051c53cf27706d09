import Glibc
import TensorBoardEvents
import Testing

/// Framing: what damage to the bytes of a file does to its reading.
@Suite struct RecordTests {
    private let records = [
        Event.version, Event.scalar("loss", 1, 0.5), Event.scalar("loss", 2, 0.25), Event.scalar("acc", 2, 0.75),
    ]

    private var bytes: [UInt8] { records.flatMap { $0 } }

    @Test func emptyFileIsCaughtUp() throws {
        let reading = try Reading([])
        #expect(reading.outcome == .caughtUp)
        #expect(reading.items.isEmpty && reading.totals == EventFileTotals())
    }

    @Test func truncatedAtEveryByteKeepsTheWholeRecords() throws {
        let whole = try Reading(bytes)
        #expect(whole.outcome == .caughtUp && whole.scalars.map(\.value) == [0.5, 0.25, 0.75])
        var boundaries = [0]
        for record in records { boundaries.append((boundaries.last ?? 0) + record.count) }
        for length in 0...bytes.count {
            let reading = try Reading(Array(bytes[..<length]))
            let passed = boundaries.lastIndex { $0 <= length } ?? 0
            #expect(reading.totals.records == passed)
            #expect(reading.scalars == Array(whole.scalars.prefix(max(0, passed - 1))))
            let end = boundaries[passed]
            #expect(reading.outcome == (length == end ? .caughtUp : .truncatedTail(offset: end)))
        }
    }

    @Test func everySingleFlippedByteIsNoticed() throws {
        let whole = try Reading(bytes)
        for position in bytes.indices {
            for mask in [UInt8(0x01), 0x80, 0xFF] {
                var damaged = bytes
                damaged[position] ^= mask
                let reading = try Reading(damaged)
                #expect(reading.outcome != .caughtUp || reading.totals.badChecksums == 1)
                // What is delivered is always a part of the truth.
                let truth = whole.scalars.map(\.value)
                #expect(reading.scalars.allSatisfy { truth.contains($0.value) })
            }
        }
    }

    @Test func badDataChecksumLosesOneRecordOnly() throws {
        var damaged = bytes
        damaged[records[0].count + 20] ^= 1
        let reading = try Reading(damaged)
        #expect(reading.outcome == .caughtUp)
        #expect(reading.totals.badChecksums == 1 && reading.totals.firstBadChecksum == records[0].count)
        #expect(reading.scalars.map(\.value) == [0.25, 0.75])
        #expect(!reading.totals.isSound)
    }

    @Test func badLengthChecksumEndsTheReading() throws {
        var damaged = bytes
        let second = records[0].count + records[1].count
        damaged[second + 9] ^= 1
        let reading = try Reading(damaged)
        #expect(reading.outcome == .corrupt(offset: second, reason: .lengthChecksum))
        #expect(reading.scalars.map(\.value) == [0.5])
    }

    @Test func zerosAtTheEndAreAwaited() throws {
        let reading = try Reading(bytes + [UInt8](repeating: 0, count: 100))
        #expect(reading.outcome == .truncatedTail(offset: bytes.count))
        #expect(reading.scalars.count == 3)
    }

    @Test(arguments: [UInt64.max, UInt64.max - 15, 1 << 63, (1 << 63) - 1, (256 << 20) + 1] as [UInt64])
    func genuineHeaderWithAnAbsurdLengthIsCorrupt(length: UInt64) throws {
        let reading = try Reading(bytes + Record.header(length: length) + [1, 2, 3])
        #expect(reading.outcome == .corrupt(offset: bytes.count, reason: .recordTooLong(length)))
    }

    @Test func longRecordIsSkippedAndNoted() throws {
        var limits = EventFileReader.Limits()
        limits.readRecord = 100
        limits.chunk = 64
        let long = Event.scalar(String(repeating: "x", count: 300), 3, 1)
        let reading = try Reading(bytes + long + Event.scalar("after", 4, 8), limits: limits)
        #expect(reading.outcome == .caughtUp)
        #expect(reading.totals.oversizedRecords == 1 && reading.totals.records == 6)
        #expect(reading.scalars.map(\.value) == [0.5, 0.25, 0.75, 8])
        let cut = try Reading(bytes + long.dropLast(), limits: limits)
        #expect(cut.outcome == .truncatedTail(offset: bytes.count))
    }

    @Test func recordLongerThanTheChunkIsRead() throws {
        let text = String(repeating: "long ", count: 200_000)
        let tensor = Message().varint(1, 7).string(8, text)
        let reading = try Reading(Event.version + Event.tensor("t", plugin: "text", tensor) + Event.scalar("a", 1, 2))
        #expect(reading.values.map(\.content) == [.text([text])])
        #expect(reading.scalars.count == 1)
    }

    @Test func otherFilesAreNotEventFiles() throws {
        #expect(try Reading(Array("step,loss\n1,0.5\n2,0.25\n".utf8)).outcome == .notAnEventFile(.notRecords))
        // A TFRecord data set: tf.train.Example has a message as its first field.
        let example = Record.framed(Message().message(1, Message().string(1, "feature")))
        #expect(try Reading(example).outcome == .notAnEventFile(.firstRecordIsNoEvent))
        #expect(try Reading(Record.framed([])).outcome == .notAnEventFile(.firstRecordIsNoEvent))
        #expect(try Reading(Record.framed([0xFF, 0xFF])).outcome == .notAnEventFile(.firstRecordIsNoEvent))
    }

    @Test func fileWithoutAVersionIsReadAllTheSame() throws {
        let reading = try Reading(Event.scalar("loss", 1, 0.5))
        #expect(reading.outcome == .caughtUp && reading.scalars.count == 1)
    }

    @Test func whatIsNoRegularFileIsAnError() throws {
        #expect(throws: EventFileError(operation: .open, path: "/nowhere/x", cause: .system(2))) {
            try Reading(path: "/nowhere/x")
        }
        #expect(throws: EventFileError(operation: .examine, path: "/tmp", cause: .notARegularFile)) {
            try Reading(path: "/tmp")
        }
        let pipe = try TemporaryFile()
        try #require(unlink(pipe.path) == 0 && mkfifo(pipe.path, 0o600) == 0)
        #expect(throws: EventFileError(operation: .examine, path: pipe.path, cause: .notARegularFile)) {
            try Reading(path: pipe.path)
        }
        #expect(throws: EventFileError(operation: .open, path: "a\0b", cause: .invalidPath)) {
            try Reading(path: "a\0b")
        }
        let error = EventFileError(operation: .open, path: "/nowhere/x", cause: .system(2))
        #expect(error.description == "cannot open event file /nowhere/x: No such file or directory")
        #expect(error.isMissingFile)
    }
}
