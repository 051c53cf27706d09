import Testing

@testable import TensorBoardEvents

/// What the bytes inside a record with right checksums can do.
@Suite struct EventDecodingTests {
    /// Reads one record after a version record and before a sound scalar, which must always arrive.
    private func read(_ record: [UInt8]) throws -> Reading {
        var reading = try Reading(Event.version + record + Event.scalar("after", 9, 9))
        #expect(reading.outcome == .caughtUp && reading.scalars.last?.value == 9)
        reading.items.removeLast()
        return reading
    }

    @Test func stepAndTimeBehindTheSummaryCount() throws {
        let value = Message().float(2, 1.5).string(1, "loss")
        let event = Message().message(5, Message().message(1, value)).varint(2, -3).double(1, 77)
        let point = try #require(try read(Record.framed(event)).scalars.first)
        #expect(point.step == -3 && point.wallTime == 77 && point.value == 1.5)
    }

    @Test func summariesThatComeTwiceAreMerged() throws {
        let one = Message().message(1, Message().string(1, "a").float(2, 1))
        let two = Message().message(1, Message().string(1, "b").float(2, 2))
        let reading = try read(Record.framed(Message().message(5, one).message(5, two).varint(2, 4)))
        #expect(reading.scalars.map(\.value) == [1, 2] && reading.scalars.map(\.step) == [4, 4])
    }

    @Test func unknownFieldsAndUnexpectedWireTypesAreSkipped() throws {
        let value = Message().varint(99, 1).double(1000, 2).string(1, "a").float(77, 1).string(50, "?").float(2, 3)
            .varint(8, 5)
        let event = Message().varint(1, 5).double(2, 1).raw(Event.holding(step: 1, value).bytes).string(30, "x")
        #expect(try read(Record.framed(event)).scalars.map(\.value) == [3])
    }

    private static let malformed: [[UInt8]] = [
        [0x10], [0x10, 0x80], [0x09, 1, 2], [0x2A, 5, 1], [0x2A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x00, 1], [0x07],
        [0x0B, 0x0C], [0x1E], [0x80, 0x80], [UInt8](repeating: 0x80, count: 40),
        [0x10] + [UInt8](repeating: 0xFF, count: 11), [UInt8](repeating: 0xFF, count: 9) + [0x01],
        [0x2A] + [UInt8](repeating: 0xFF, count: 9) + [0x01],
    ]

    @Test(arguments: malformed)
    func malformedRecordIsCountedAndPassed(bytes: [UInt8]) throws {
        let reading = try read(Record.framed(bytes))
        #expect(reading.totals.malformedRecords == 1 && reading.items.isEmpty)
    }

    @Test func damagedValueLeavesItsNeighbours() throws {
        let broken = Message().string(1, "broken").bytes(5, [0x09, 1])
        let event = Event.holding(
            step: 1, Message().string(1, "a").float(2, 1), broken, Message().string(1, "b").float(2, 2))
        let reading = try read(Record.framed(event))
        #expect(reading.scalars.map(\.value) == [1, 2] && reading.totals.malformedValues == 1)
    }

    @Test func tensorsThatContradictThemselvesAreMalformed() throws {
        let shape = Message().message(2, Message().varint(1, 1))
        let two = Message().varint(1, 1).message(2, shape).float(5, 1).float(5, 2)
        let short = Message().varint(1, 2).bytes(4, [1, 2, 3])
        for tensor in [two, short] {
            #expect(try read(Event.tensor("t", plugin: "scalars", tensor)).totals.malformedValues == 1)
        }
        let rows = Message().message(2, Message().varint(1, 1 << 60)).message(2, Message().varint(1, 3))
        let huge = Message().varint(1, 2).message(2, rows).bytes(6, [UInt8](repeating: 0, count: 24))
        #expect(try read(Event.tensor("h", plugin: "histograms", huge)).totals.malformedValues == 1)
        let limits = Message().double(6, 1).double(6, 2).double(7, 1)
        let uneven = Event.holding(step: 1, Message().string(1, "h").message(5, limits))
        #expect(try read(Record.framed(uneven)).totals.malformedValues == 1)
        let image = Message().varint(1, 7).string(8, "wide").string(8, "high")
        #expect(try read(Event.tensor("i", plugin: "images", image)).totals.malformedValues == 1)
    }

    @Test(arguments: [Int64(-1), 0, 2, .max, .min])
    func tensorOfAnotherSizeIsNoScalar(size: Int64) throws {
        let shape = Message().message(2, Message().varint(1, size)).message(2, Message().varint(1, size))
        let tensor = Message().varint(1, 1).message(2, shape).float(5, 1)
        #expect(try read(Event.tensor("t", plugin: "scalars", tensor)).values.map(\.content) == [.other])
    }

    @Test func tensorWithoutDataIsZero() throws {
        let tensor = Message().varint(1, 2).message(2, Message())
        #expect(try read(Event.tensor("t", plugin: "scalars", tensor)).scalars.map(\.value) == [0])
    }

    @Test func packedAndUnpackedNumbersAreEqual() throws {
        let packed = Message().varint(1, 2).bytes(6, littleEndian(Double(0.1).bitPattern))
        let unpacked = Message().varint(1, 2).double(6, 0.1)
        for tensor in [packed, unpacked] {
            let point = try #require(try read(Event.tensor("t", plugin: "", tensor)).scalars.first)
            #expect(point.value == 0.1 && point.storage == .float64 && point.valueText == "0.1")
        }
    }

    @Test func halfPrecisionNumbers() {
        #expect(TensorType.half(0x0001) == 0x1p-24 && TensorType.half(0x8400) == -0x1p-14)
        #expect(TensorType.half(0x7BFF) == 65504 && TensorType.half(0xFC00) == -.infinity)
        #expect(TensorType.half(0x7E00).isNaN && TensorType.half(0x8000).sign == .minus)
        #expect(TensorType.bfloat16(0x3F80) == 1 && TensorType.bfloat16(0x7F80) == .infinity)
    }

    @Test func nestedParametersAreReadAndBounded() throws {
        let leaf = Message().double(2, 1)
        let object = Message().message(5, Message().message(1, Message().string(1, "k").message(2, leaf)))
        let list = Message().message(6, Message().message(1, object).message(1, Message().varint(1, 0)))
        let content = { (value: Message) in
            Message().message(3, Message().message(1, Message().string(1, "p").message(2, value)))
        }
        let expected = HParamValue.list([.object([HParam("k", .number(1))]), .null])
        guard case .hparams(.sessionStart(let start)) = try read(Event.hparams(content(list))).values.first?.content
        else {
            Issue.record("no session start")
            return
        }
        #expect(start.parameters == [HParam("p", expected)])

        var deep = leaf
        for _ in 0..<20_000 { deep = Message().message(6, Message().message(1, deep)) }
        #expect(try read(Event.hparams(content(deep))).totals.malformedValues == 1)
        var wide = Message()
        for _ in 0..<70_000 { wide = wide.message(1, Message()) }
        #expect(try read(Event.hparams(content(Message().message(6, wide)))).totals.malformedValues == 1)
    }

    @Test func endOfASession() throws {
        let reading = try read(Event.hparams(Message().message(4, Message().varint(1, 2).double(2, 5))))
        #expect(reading.values.map(\.content) == [.hparams(.sessionEnd(.init(status: .failure, ended: 5)))])
    }

    @Test func tooManyStringsAreRefused() throws {
        var tensor = Message().varint(1, 7)
        for _ in 0...EventDecoder.maximumStrings { tensor = tensor.string(8, "") }
        #expect(try read(Event.tensor("t", plugin: "text", tensor)).totals.malformedValues == 1)
    }

    @Test func namesThatAreNotTextAreRepaired() throws {
        let value = Message().bytes(1, [0x61, 0xFF]).float(2, 1)
        #expect(try read(Record.framed(Event.holding(step: 1, value))).names.first == "a\u{FFFD}")
    }

    @Test func emptyTagIsATagLikeAnyOther() throws {
        let reading = try Reading((0..<3).flatMap { Event.scalar("", Int64($0), 1) })
        #expect(reading.names == [""] && reading.scalars.count == 3)
    }

    @Test func manyTagsAreKeptApart() throws {
        let records = (0..<5000).flatMap { Event.scalar("tag/\($0)", 1, Float($0)) }
        let reading = try Reading(Event.version + records + records)
        #expect(reading.names == (0..<5000).map { "tag/\($0)" })
        #expect(reading.scalars.allSatisfy { Double($0.tag.rawValue) == $0.value })
    }

    @Test func overlongTagIsLeftOut() throws {
        let reading = try read(Event.scalar(String(repeating: "x", count: 70_000), 1, 1))
        #expect(reading.items.isEmpty && reading.totals.valuesWithoutTag == 1)
    }
}
