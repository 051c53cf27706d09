import ExperimentModel
import Glibc
import HostSystem
import RunStore
import TestSupport
import Testing

@Suite struct JournalWriterTests {
    private let time = Timestamp(seconds: 1_763_892_764.12)

    @Test func linesHaveTheDocumentedForm() throws {
        let project = try TemporaryProject()
        let path = project.file("journal.jsonl")
        let writer = try JournalWriter(path)
        writer.metric(0, named: "loss", step: 40, value: 0.5312, time: time, source: .stdout)
        writer.metric(0, named: "unused", step: nil, epoch: 1.5, value: -.infinity, time: time, source: .stdout)
        writer.metric(0, named: "a\"\\\n学习", step: -1, value: .nan, time: time, source: .tensorboard)
        try writer.note("seen", time: Timestamp(seconds: 1_763_892_765.9996))
        try writer.flush()
        #expect(
            try Files.readText(path) == """
                {"t":1763892764.120,"metric":"loss","step":40,"value":0.5312,"from":"stdout"}
                {"t":1763892764.120,"metric":"loss","epoch":1.5,"value":"-Infinity","from":"stdout"}
                {"t":1763892764.120,"metric":"a\\"\\\\\\u000a学习","step":-1,"value":"NaN","from":"tensorboard"}
                {"t":1763892766.000,"note":"seen"}

                """)
    }

    @Test func numbersAreTheShortestThatReadBackTheSame() throws {
        let project = try TemporaryProject()
        var random = SeededGenerator(1)
        var values: [Double] = [0, -0.0, 1, 100, 1e-4, 9.999e-5, 1e9, 999_999_999.999999, 0.1 + 0.2, 2.5e-308, 1e300]
        for _ in 0..<20_000 {
            values.append(Double(Int.random(in: -10_000_000...10_000_000, using: &random)) / 10_000)
            values.append(Double(Float.random(in: 0...3, using: &random)))
            values.append(Double(bitPattern: random.next()))
        }
        values.removeAll { !$0.isFinite }
        let writer = try JournalWriter(project.file("j"))
        for value in values { writer.metric(0, named: "x", step: nil, value: value, time: time, source: .stderr) }
        try writer.flush()
        let lines = try Files.readText(project.file("j")).split(separator: "\n")
        for (line, value) in zip(lines, values) {
            let start = "{\"t\":1763892764.120,\"metric\":\"x\",\"value\":"
            #expect(line == "\(start)\(value),\"from\":\"stderr\"}")
        }
        var read: [Double] = []
        try JournalReader(project.file("j")).readAvailable {
            if case .point(let point) = $0 { read.append(point.value) }
        }
        #expect(read.map(\.bitPattern) == values.map(\.bitPattern))
    }

    @Test func aFullDiskLosesNothingAndLeavesWholeLines() throws {
        let project = try TemporaryProject()
        let path = project.file("j")
        let disk = FullDisk(room: 1000)
        let writer = JournalWriter(try AppendFile(path, locked: true, write: disk.write))
        for step in 0..<100 {
            writer.metric(0, named: "loss", step: Int64(step), value: 1, time: time, source: .stdout)
        }
        let error = try #require(throws: SystemError.self) { try writer.flush() }
        #expect(error.code == ENOSPC)
        let partial = try Files.readText(path)
        #expect(partial.hasSuffix("}\n"))
        #expect(partial.utf8.count <= 1000 && partial.utf8.count > 900)
        #expect(throws: SystemError.self) { try writer.flush() }
        disk.room = .max
        try writer.flush()
        #expect(writer.pendingBytes == 0)
        let content = try JournalContent(readingFrom: path)
        #expect(content.points.map(\.step) == (0..<100).map { Int64($0) })
        #expect(content.damagedLines == 0)
    }

    @Test func whatDoesNotFitInMemoryWhileTheDiskIsFullIsCounted() throws {
        let project = try TemporaryProject()
        let disk = FullDisk(room: 0)
        let file = try AppendFile(project.file("j"), locked: true, pendingLimit: 1000, write: disk.write)
        let writer = JournalWriter(file)
        for _ in 0..<100 { writer.metric(0, named: "loss", step: 1, value: 1, time: time, source: .stdout) }
        #expect(writer.droppedLines > 80)
        #expect(writer.pendingBytes < 1100)
    }

    @Test func aTornLastLineIsCutOffWhenTheJournalIsOpenedAgain() throws {
        let project = try TemporaryProject()
        try Files.write("{\"t\":1,\"note\":\"a\"}\n{\"t\":2,\"no", to: project.file("j"))
        let writer = try JournalWriter(project.file("j"))
        try writer.note("b", time: Timestamp(seconds: 3))
        try writer.flush()
        #expect(try Files.readText(project.file("j")) == "{\"t\":1,\"note\":\"a\"}\n{\"t\":3.000,\"note\":\"b\"}\n")
    }

    @Test func idsMayBeLargeAndAreSeparateForEachSource() throws {
        let project = try TemporaryProject()
        let writer = try JournalWriter(project.file("j"))
        for (id, name) in [(5_000_000, "far"), (-1, "negative"), (Int.max, "farther"), (0, "a")] {
            writer.metric(id, named: name, step: 0, value: 0, time: time, source: .stdout)
        }
        writer.metric(0, named: "b", step: 0, value: 0, time: time, source: .tensorboard)
        try writer.flush()
        let content = try JournalContent(readingFrom: project.file("j"))
        #expect(content.points.map { content.names.text($0.name) } == ["far", "negative", "farther", "a", "b"])
    }
}

/// A disk that takes so many bytes and no more.
final class FullDisk {
    var room: Int
    init(room: Int) { self.room = room }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int, _ offset: Int) -> Int {
        let taken = min(count, room)
        if taken == 0 {
            errno = ENOSPC
            return -1
        }
        if room != .max { room -= taken }
        return pwrite(descriptor, bytes, taken, off_t(offset))
    }
}
