import ExperimentModel
import HostSystem

/// Reads a journal from any line on, also while it grows.
///
/// Lines that are not JSON, are not UTF-8 or are longer than 16 MiB are counted and passed over; objects of an unknown
/// kind are ignored. Not for use by several threads at once.
package final class JournalReader {
    /// The names that points refer to.
    package private(set) var names = NameTable()
    /// Lines that could not be read.
    package private(set) var damagedLines = 0
    /// The numbers of the first of them, from 1 at the offset where this reader began.
    package private(set) var damagedLineNumbers: [Int] = []
    /// JSON objects that this version does not know.
    package private(set) var ignoredLines = 0

    private var file: LineFileReader

    /// - Parameter offset: where to begin: 0, or the `offset` of an earlier reader.
    package init(_ path: String, offset: Int = 0) throws {
        file = try LineFileReader(path, offset: offset)
    }

    /// Just after the last line that was handed out: another reader can go on there.
    package var offset: Int { file.offset }

    /// Hands out what was appended since the last call, in order. A torn last line waits for its end.
    ///
    /// Throws `SystemError` when the file cannot be read, `RunStoreError.fileBecameShorter` when it was replaced, and
    /// what `body` throws; the next call goes on after the line in question.
    package func readAvailable(_ body: (JournalItem) throws -> Void) throws {
        let first = file.lines
        var number = first
        try file.readAvailable { line in
            number += 1
            guard let line else { return countDamaged(number) }
            if var scan = PointLine(line), let point = scan.read(names: &names) { return try body(.point(point)) }
            guard let item = decode(line, number) else { return }
            try body(item)
        }
    }

    private func decode(_ line: UnsafeRawBufferPointer, _ number: Int) -> JournalItem? {
        guard let object = try? RecordCoding.decode(JournalLine.self, from: Array(line)) else {
            countDamaged(number)
            return nil
        }
        switch object.record {
        case .point(let point):
            return .point(
                JournalPoint(
                    name: names.intern(point.name), source: point.source, step: point.step, epoch: point.epoch,
                    value: point.value, time: point.time.seconds))
        case .some(let record):
            return .record(record, Timestamp(seconds: object.t ?? 0))
        case nil:
            ignoredLines += 1
            return nil
        }
    }

    private func countDamaged(_ number: Int) {
        damagedLines += 1
        if damagedLineNumbers.count < 100 { damagedLineNumbers.append(number) }
    }
}
