import Glibc
import HostSystem
import RunStore
import TestSupport
import Testing

@Suite struct OutputLogTests {
    private let time = Timestamp(seconds: 1_763_892_764.12)

    /// Writes chunks to a log and returns what it holds and what the handler got.
    private func write(_ chunks: [[UInt8]], stream: OutputStream = .stdout) throws -> (log: [UInt8], lines: [[UInt8]]) {
        let project = try TemporaryProject()
        var lines: [[UInt8]] = []
        let writer = try OutputLogWriter(project.file("o")) { _, line in lines.append(Array(line)) }
        for chunk in chunks { chunk.withUnsafeBytes { writer.append($0, stream: stream, time: time) } }
        writer.finish(time: time)
        try writer.flush()
        return (try Files.read(project.file("o")), lines)
    }

    private func write(_ chunks: [String]) throws -> (log: [String], lines: [String]) {
        let result = try write(chunks.map { Array($0.utf8) })
        let log = String(decoding: result.log, as: UTF8.self).split(separator: "\n").map { String($0.dropFirst(32)) }
        return (log, result.lines.map { String(decoding: $0, as: UTF8.self) })
    }

    @Test func linesHaveTheFormOfTheContainerRuntimeInterface() throws {
        let log = try write([Array("a\n".utf8), Array("\nlast".utf8)], stream: .stderr).log
        #expect(
            String(decoding: log, as: UTF8.self) == """
                2025-11-23T10:12:44.120Z stderr F a
                2025-11-23T10:12:44.120Z stderr F \n\
                2025-11-23T10:12:44.120Z stderr F last

                """)
    }

    @Test func linesAreJoinedAcrossChunks() throws {
        let result = try write(["one", " line\ntwo\nth", "", "ree\n"])
        #expect(result.lines == ["one line", "two", "three"])
        #expect(result.log == ["F one line", "F two", "F three"])
    }

    @Test func aRedrawnLineKeepsItsLastState() throws {
        let result = try write(["\r 10%", "\r 20%\r", " 30%", "\r\nnext\r\n", "a\r", "\nb\r\r\n", "end\r"])
        #expect(result.log == ["F  30%", "F next", "F a", "F b", "F end"])
        #expect(result.lines == [" 10%", " 20%", " 30%", "next", "a", "b", "end"])
    }

    @Test func aLongLineBecomesPiecesAndIsHandedOverWhole() throws {
        let long = [UInt8](repeating: 120, count: 40_000)
        let result = try write([Array(long[..<7]), Array(long[7...]) + [10]])
        let entries = result.log.split(separator: 10).map { $0.dropFirst(32) }
        #expect(entries.map { $0.first } == [80, 80, 70])
        #expect(entries.map { $0.count - 2 } == [16384, 16384, 7232])
        #expect(result.lines == [long])
        let exact = try write([[UInt8](repeating: 120, count: 16384), [10]])
        #expect(exact.log.count == 34 + 16384 + 1)
    }

    @Test func aLineOfManyMegabytesStaysOutOfMemory() throws {
        let block = [UInt8](repeating: 120, count: 1 << 20)
        let result = try write(Array(repeating: block, count: 5) + [[10], Array("after\n".utf8)])
        #expect(result.lines == [Array("after".utf8)])
        #expect(result.log.count { $0 == 120 } == 5 << 20)
    }

    @Test func bytesThatAreNotTextAreKept() throws {
        let result = try write([[0xff, 0, 0xc3, 10]])
        #expect(result.log.suffix(5) == [32, 0xff, 0, 0xc3, 10])
    }

    @Test func anyChunksGiveTheSameLogAsOneChunk() throws {
        var random = SeededGenerator(13)
        let alphabet = Array("ab\n\r\r\n \u{1b}".utf8)
        for round in 0..<400 {
            var whole = (0..<60).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            if round % 40 == 0 { whole.insert(contentsOf: [UInt8](repeating: 99, count: 20_000), at: 30) }
            var chunks: [[UInt8]] = []
            var rest = whole[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...(round % 40 == 0 ? 9000 : 7), using: &random)
                chunks.append(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            let one = try write([whole])
            let many = try write(chunks)
            #expect(one.log == many.log)
            #expect(one.lines == many.lines)
            // What counts as a line end is a line feed; the rest of the characters never makes one.
            #expect(one.log.count { $0 == 10 } >= whole.count { $0 == 10 })
        }
    }

    @Test func theLogReadsBackAsTextAndIsFollowed() throws {
        let project = try TemporaryProject()
        let writer = try OutputLogWriter(project.file("o")) { _, _ in }
        func say(_ text: String, _ stream: OutputStream) throws {
            Array(text.utf8).withUnsafeBytes { writer.append($0, stream: stream, time: time) }
            try writer.flush()
        }
        let reader = try {
            try say("a\n", .stdout); return try OutputLogReader(project.file("o"))
        }()
        var plain = OutputText()
        var timed = OutputText(times: true, streams: [.stderr])
        var (plainBytes, timedBytes): ([UInt8], [UInt8]) = ([], [])
        func read() throws {
            try reader.readAvailable {
                plain.append($0, to: &plainBytes)
                timed.append($0, to: &timedBytes)
            }
        }
        try read()
        try say("b\n" + String(repeating: "x", count: 20_000) + "\n", .stderr)
        try read()
        let long = String(repeating: "x", count: 20_000)
        #expect(String(decoding: plainBytes, as: UTF8.self) == "a\nb\n\(long)\n")
        let stamp = "2025-11-23T10:12:44.120Z"
        #expect(String(decoding: timedBytes, as: UTF8.self) == "\(stamp) b\n\(stamp) \(long)\n")
    }

    @Test func theLastLinesAreFoundFromTheEnd() throws {
        let project = try TemporaryProject()
        let writer = try OutputLogWriter(project.file("o")) { _, _ in }
        for number in 0..<10_000 {
            Array("line \(number)\n".utf8).withUnsafeBytes { writer.append($0, stream: .stdout, time: time) }
        }
        try writer.flush()
        func tail(_ count: Int) throws -> [String] {
            let offset = try OutputLogReader.offsetOfLast(count, in: project.file("o"))
            var lines: [String] = []
            try OutputLogReader(project.file("o"), offset: offset).readAvailable { lines.append(text($0.text)) }
            return lines
        }
        #expect(try tail(3) == ["line 9997", "line 9998", "line 9999"])
        #expect(try tail(0).isEmpty)
        #expect(try tail(5000).first == "line 5000")
        #expect(try tail(10_000).count == 10_000)
        #expect(try tail(99_999).count == 10_000)
    }

    @Test func mutatedLogsNeverTrap() throws {
        let project = try TemporaryProject()
        let entry = Array("2025-11-23T10:12:44.120Z stdout F loss=0.5".utf8)
        var random = SeededGenerator(17)
        var bytes: [UInt8] = []
        for _ in 0..<3000 { bytes += random.mutate(entry) + [10] + entry + [10] }
        try Files.write(bytes, to: project.file("o"))
        let reader = try OutputLogReader(project.file("o"))
        var good = 0
        try reader.readAvailable { if text($0.text) == "loss=0.5" { good += 1 } }
        #expect(good >= 3000)
        #expect(reader.damagedLines > 100)
        _ = try OutputLogReader.offsetOfLast(7, in: project.file("o"))
    }
}
