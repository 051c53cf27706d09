/// JSON lines and printed dictionaries.
extension MetricLineScanner {
    /// Deeper objects are left out.
    private static let deepest = 8

    /// Reads the dictionary that opens at `brace`. One that is cut or malformed gives nothing.
    mutating func scanDictionary(
        _ line: UnsafeRawBufferPointer, at brace: Int, section: Phase?, into result: inout ScannedLine
    ) {
        var cursor = DictionaryCursor(line, at: brace &+ 1, limit: line.count)
        let before = candidates.count
        let (step, stepKey, epoch) = (result.step, result.stepKey, result.epoch)
        let spans = result.spans
        guard scanMembers(&cursor, prefix: 0..<0, depth: 1, &result) else {
            candidates.removeLast(candidates.count &- before)
            (result.step, result.stepKey, result.epoch) = (step, stepKey, epoch)
            result.spans = spans
            result.spans.isUnrepeatable = true
            return
        }
        if let section, section.prefix != nil {
            for index in before..<candidates.count { candidates[index].section = section }
        }
    }

    /// Reads members up to the closing brace. `prefix` is the range in `joined` of the names of the objects around.
    private mutating func scanMembers(
        _ cursor: inout DictionaryCursor, prefix: Range<Int>, depth: Int, _ result: inout ScannedLine
    ) -> Bool {
        if cursor.take(Byte.closeBrace) { return true }
        while true {
            guard let key = cursor.string() else {
                // Python allows other keys, {0: 0.5}; they name nothing.
                guard cursor.skipValue(), cursor.take(Byte.comma) else { return cursor.take(Byte.closeBrace) }
                continue
            }
            guard cursor.take(Byte.colon), let next = cursor.peek() else { return false }
            let name = joinedName(prefix, cursor.bytes, key)
            if next == Byte.openBrace, depth < Self.deepest, !isConfiguration(cursor.bytes, key) {
                cursor.at &+= 1
                guard scanMembers(&cursor, prefix: name, depth: depth &+ 1, &result) else { return false }
            } else {
                scanMember(name, key, &cursor, &result)
                guard cursor.skipValue() else { return false }
            }
            if cursor.take(Byte.comma) {
                // A trailing comma is Python's.
                if cursor.take(Byte.closeBrace) { return true }
                continue
            }
            return cursor.take(Byte.closeBrace)
        }
    }

    private mutating func scanMember(
        _ name: Range<Int>, _ key: Range<Int>, _ cursor: inout DictionaryCursor, _ result: inout ScannedLine
    ) {
        let word = LineWord(cursor.bytes, at: key.lowerBound, limit: key.upperBound, vocabulary: vocabulary)
        let isWholeKey = word.end == key.upperBound
        if !word.kind.isDisjoint(with: .setting) { hasSettings = true }
        let number: NumberText
        if let plain = cursor.number(quoted: true) {
            number = plain
        } else if let byte = cursor.peek(), byte.isLowercase,
            let value = ValueText(cursor.bytes, at: cursor.at, limit: cursor.limit, units: units), value.unit == .none
        {
            let range = value.number ?? cursor.at..<value.end
            number = NumberText(value: value.value, start: range.lowerBound, end: range.upperBound, integer: nil)
            cursor.at = value.end
        } else {
            return
        }
        if let counter = isWholeKey ? word.kind.stepKey : nil { return result.take(step: number, key: counter) }
        // Lightning's loggers.
        if key.count == 19, cursor.bytes.matches("trainer/global_step", at: key.lowerBound, key.upperBound) {
            return result.take(step: number, key: .globalStep)
        }
        guard word.kind.isDisjoint(with: .excludedAlone), let standing = MetricCandidate.Standing(word.kind),
            candidates.count < MetricCandidate.most, name.count <= MetricName.longest,
            joined[name].contains(where: { $0.isLetter })
        else { return }
        candidates.append(
            MetricCandidate(
                start: name.lowerBound, end: name.upperBound, isJoined: true, standing: standing, value: number.value,
                unit: .none, number: number.start..<number.end))
    }

    private func isConfiguration(_ bytes: UnsafeRawBufferPointer, _ key: Range<Int>) -> Bool {
        let names: [StaticString] = ["config", "cfg", "args", "hparams", "hyperparameters", "params", "optimizer"]
        for name in names where key.count == name.utf8CodeUnitCount {
            if bytes.matchesIgnoringCase(name, at: key.lowerBound, key.upperBound) { return true }
        }
        return false
    }

    private mutating func joinedName(
        _ prefix: Range<Int>, _ bytes: UnsafeRawBufferPointer, _ key: Range<Int>
    ) -> Range<Int> {
        let start = joined.count
        // Names too long to keep need not be stored: the store stays small on hostile lines.
        guard prefix.count &+ key.count < MetricName.longest else { return start..<start }
        if !prefix.isEmpty {
            for index in prefix { joined.append(joined[index]) }
            joined.append(Byte.slash)
        }
        joined.append(contentsOf: bytes[key])
        return start..<joined.count
    }
}
