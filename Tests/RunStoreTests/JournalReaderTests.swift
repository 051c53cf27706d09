import ExperimentModel
import Glibc
import HostSystem
import RunStore
import TestSupport
import Testing

@Suite struct JournalReaderTests {
    private let time = Timestamp(seconds: 12.5)

    private func append(_ text: String, to path: String) throws {
        try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND).writeAll(Array(text.utf8), path: path)
    }

    @Test func everyKindOfLineReadsBack() throws {
        let project = try TemporaryProject()
        let writer = try JournalWriter(project.file("j"))
        let records: [JournalRecord] = [
            .parameter(Parameter(name: "lr", value: .number(3e-4), source: "tensorboard")),
            .parameter(Parameter(name: "amp", value: .boolean(true), source: "tensorboard")),
            .text(name: "config", step: 0, value: "a\nb", source: "tensorboard"),
            .text(name: "odd", step: nil, value: "NaN", source: "tensorboard"),
            .image(name: "digits", step: 3, file: "media/digits-3.png", source: "tensorboard"),
            .histogram(name: "w", step: 3, edges: [0, 1, .infinity], counts: [4, 5], source: "tensorboard"),
            .sample(SystemSample(time: time, cpu: 1.5, memory: 734_003_200, processes: 3)),
            .warning("no GPU"), .note("学习"), .end(RunEnd(status: .finished, time: time, duration: 41.2)),
        ]
        for record in records { try writer.append(record, time) }
        try writer.flush()
        var read: [JournalRecord] = []
        let reader = try JournalReader(project.file("j"))
        try reader.readAvailable { item in
            if case .record(let record, let time) = item {
                read.append(record)
                #expect(time == self.time)
            }
        }
        #expect(read == records)
        #expect(reader.damagedLines == 0)
    }

    @Test func damagedLinesAreCountedAndUnknownOnesIgnored() throws {
        let project = try TemporaryProject()
        let point = "{\"t\":1.000,\"metric\":\"loss\",\"step\":1,\"value\":0.5,\"from\":\"stdout\"}\n"
        try append(
            point + "garbage\n{\"t\":1,\"future\":true}\n\n" + point
                + "{\"metric\":\"loss\",\"value\":0.25,\"from\":\"stdout\",\"t\":2,\"extra\":[1]}\n"
                + "{\"t\":1,\"metric\":\"loss\",\"value\":01,\"from\":\"stdout\"}\n"
                + "{\"t\":1,\"image\":\"x\",\"file\":\"../../secret\",\"from\":\"tensorboard\"}\n" + point
                + "{\"t\":1.0",
            to: project.file("j"))
        let reader = try JournalReader(project.file("j"))
        var values: [Double] = []
        try reader.readAvailable { if case .point(let point) = $0 { values.append(point.value) } }
        #expect(values == [0.5, 0.5, 0.25, 0.5])
        #expect(reader.damagedLineNumbers == [2, 4, 7])
        #expect(reader.ignoredLines == 2)
    }

    @Test func aGrowingJournalIsFollowedAndATornLineWaits() throws {
        let project = try TemporaryProject()
        let path = project.file("j")
        try append("{\"t\":1,\"note\":\"a\"}\n{\"t\":2,\"no", to: path)
        let reader = try JournalReader(path)
        var notes: [String] = []
        func read(_ reader: JournalReader) throws {
            try reader.readAvailable { if case .record(.note(let text), _) = $0 { notes.append(text) } }
        }
        try read(reader)
        #expect(notes == ["a"])
        try append("te\":\"b\"}\n", to: path)
        try read(reader)
        try read(reader)
        #expect(notes == ["a", "b"])
        try append("{\"t\":3,\"note\":\"c\"}\n", to: path)
        try read(try JournalReader(path, offset: reader.offset))
        #expect(notes == ["a", "b", "c"])
        #expect(truncate(path, 3) == 0)
        #expect(throws: RunStoreError.self) { try read(reader) }
    }

    @Test func aLineAboveTheLimitIsPassedOverInBoundedMemory() throws {
        let project = try TemporaryProject()
        let path = project.file("j")
        let file = try Descriptor.open(path, O_WRONLY | O_CREAT)
        let block = [UInt8](repeating: 120, count: 1 << 20)
        for _ in 0..<40 { try file.writeAll(block, path: path) }
        try file.writeAll(Array("\n{\"t\":3,\"note\":\"c\"}\n".utf8), path: path)
        let content = try JournalContent(readingFrom: path)
        #expect(content.notes.map(\.value) == ["c"])
        #expect(content.damagedLineNumbers == [1])
    }

    @Test func aMissingJournalIsEmpty() throws {
        #expect(try JournalContent(readingFrom: "/nowhere/journal.jsonl").points.isEmpty)
        #expect(throws: SystemError.self) { try JournalReader("/nowhere/journal.jsonl") }
    }

    @Test func mutatedJournalsNeverTrapAndKeepTheOtherLines() throws {
        let project = try TemporaryProject()
        let path = project.file("j")
        let line = Array(
            "{\"t\":1763892764.120,\"metric\":\"loss\",\"step\":40,\"epoch\":1.5,\"value\":0.53e-3,\"from\":\"lightning\"}"
                .utf8)
        let end = Array("{\"t\":1,\"end\":{\"status\":\"finished\",\"time\":1,\"duration\":2}}".utf8)
        var random = SeededGenerator(7)
        var bytes: [UInt8] = []
        for case_ in 0..<3000 {
            var mutated = random.mutate(case_ % 4 == 0 ? end : line)
            mutated.removeAll { $0 == 10 }
            bytes += mutated + [10] + line + [10]
        }
        try Files.write(bytes, to: path)
        let content = try JournalContent(readingFrom: path)
        let whole = content.points.count { $0.step == 40 && $0.value == 0.53e-3 && $0.time == 1_763_892_764.12 }
        #expect(whole >= 3000)
        #expect(content.damagedLines > 500)
    }
}
