/// Reads `trainer_state.json`, which Hugging Face's Trainer writes beside each checkpoint, again and again.
///
/// Takes the records of `log_history`: `step` and `epoch` place a record, every other number is a point, NaN and
/// ±Infinity (which Python writes into JSON) included. Names are kept as in the file, with what a tag may not hold
/// turned into `_`.
package struct TrainerState: Sendable {
    /// Values in `log_history` that are neither numbers nor expected to be, since the start: text, lists, tables.
    package private(set) var ignoredValues = 0
    private var seen = SeenRecords()
    private var names = NameTable()
    private var nameBytes: [UInt8] = []

    package init() {}

    /// The points of records that were not there at the last call.
    ///
    /// A file that is cut (it is being written) gives its whole records; the next call gives the others. A file without
    /// `log_history` gives nothing. Throws only for a file above `MetricFileLimits.largest`.
    package mutating func newPoints(in bytes: UnsafeRawBufferPointer) throws(MetricTextError) -> [FilePoint] {
        try MetricFileLimits.check(bytes, "read trainer_state.json")
        var points: [FilePoint] = []
        var cursor = DictionaryCursor(bytes, at: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0, limit: bytes.count)
        guard cursor.take(Byte.openBrace) else { return [] }
        while let key = cursor.string(), cursor.take(Byte.colon) {
            if key.count == 11, bytes.matches("log_history", at: key.lowerBound, key.upperBound),
                cursor.take(Byte.openBracket)
            {
                readHistory(&cursor, into: &points)
                return points
            }
            guard cursor.skipValue(), cursor.take(Byte.comma) else { break }
        }
        return points
    }

    private mutating func readHistory(_ cursor: inout DictionaryCursor, into points: inout [FilePoint]) {
        var index = 0
        while let byte = cursor.peek(), byte != Byte.closeBracket {
            let start = cursor.at
            var end = cursor
            guard end.skipValue() else { return }
            var last = end.at
            while last > start, cursor.bytes[last &- 1] <= Byte.space { last &-= 1 }
            let record = UnsafeRawBufferPointer(rebasing: cursor.bytes[start..<last])
            if seen.isNew(Fingerprint.of(record), at: index) {
                if byte == Byte.openBrace {
                    readRecord(DictionaryCursor(cursor.bytes, at: start &+ 1, limit: end.at), into: &points)
                } else {
                    ignoredValues += 1
                }
            }
            index += 1
            cursor = end
            guard cursor.take(Byte.comma) else { return }
        }
    }

    private mutating func readRecord(_ start: DictionaryCursor, into points: inout [FilePoint]) {
        var cursor = start
        let first = points.count
        var step: Int64?
        var epoch: Double?
        while let key = cursor.string(), cursor.take(Byte.colon) {
            if let number = cursor.number(quoted: false) {
                if key.count == 4, cursor.bytes.matches("step", at: key.lowerBound, key.upperBound) {
                    // Some versions write whole steps as 500.0.
                    step = number.integer ?? Int64(exactly: number.value)
                } else if key.count == 5, cursor.bytes.matches("epoch", at: key.lowerBound, key.upperBound) {
                    epoch = number.value.isFinite ? number.value : nil
                } else if let name = name(cursor.bytes, key) {
                    points.append(FilePoint(step: nil, epoch: nil, name: name, value: number.value))
                } else {
                    ignoredValues += 1
                }
            } else {
                ignoredValues += 1
                guard cursor.skipValue() else { break }
            }
            guard cursor.take(Byte.comma) else { break }
        }
        for index in first..<points.count { (points[index].step, points[index].epoch) = (step, epoch) }
    }

    private mutating func name(_ bytes: UnsafeRawBufferPointer, _ key: Range<Int>) -> String? {
        guard !key.isEmpty, key.count <= MetricName.longest else { return nil }
        nameBytes.removeAll(keepingCapacity: true)
        MetricName.append(bytes, key.lowerBound, key.upperBound, isPhrase: false, to: &nameBytes)
        guard let id = nameBytes.withUnsafeBytes({ names.id($0) }) else { return nil }
        return names.names[Int(id)]
    }
}
