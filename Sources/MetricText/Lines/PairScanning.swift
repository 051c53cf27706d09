/// Names with their values in plain text.
extension MetricLineScanner {
    /// At the `=` or `:` after a phrase.
    mutating func scanSeparator(_ separator: UInt8, width: Int, _ cursor: inout TextCursor) {
        let (bytes, mark, limit) = (cursor.bytes, cursor.at, cursor.limit)
        let after = mark &+ width
        if width == 1, cursor.byte(after) == separator {
            // ==, ====, ::
            while cursor.at < limit, bytes[cursor.at] == separator { cursor.at &+= 1 }
            cursor.phrase.clear()
            return
        }
        guard let last = cursor.phrase.word(0) else {
            cursor.at = after
            return
        }
        let start = bytes.afterBlanks(after, limit)
        guard let value = ValueText(bytes, at: start, limit: limit, units: units) else {
            if separator == Byte.colon { cursor.closeHeading() } else { cursor.phrase.clear() }
            cursor.at = after
            return
        }
        let isTight = start == after && last.end == mark
        let isIdentifier = separator == Byte.equals && isTight
        if separator == Byte.equals || !isTight || Self.mayPrecedeTightColon(last, cursor) {
            addPair(value, last: last, isIdentifier: isIdentifier, isTight: isTight, cursor)
        }
        cursor.phrase.clear()
        cursor.at = value.end
    }

    /// `loss:0.3`, but neither `train.py:42` nor `__main__:train:42` nor `host:8080`.
    private static func mayPrecedeTightColon(_ word: LineWord, _ cursor: TextCursor) -> Bool {
        guard !word.kind.isDisjoint(with: [.metric, .companion]) else { return false }
        if word.start > cursor.start, cursor.bytes[word.start &- 1] == Byte.colon { return false }
        for index in word.start..<word.end where cursor.bytes[index] == Byte.period { return false }
        return true
    }

    private mutating func addPair(
        _ value: ValueText, last: LineWord, isIdentifier: Bool, isTight: Bool, _ cursor: TextCursor
    ) {
        if isIdentifier, !last.kind.isDisjoint(with: .setting) { hasSettings = true }
        // An environment variable.
        if isIdentifier, last.isAllCapitals, !last.isPlain { return }
        if !last.kind.isDisjoint(with: [.excludedAlone, .counter, .stop]) { return }

        var kind = last.kind.intersection([.metric, .companion, .setting, .excluded, .share, .namesPhase, .phase])
        var first = last
        var count = 1
        let isProse = cursor.phrase.count > Phrase.longest
        while let word = cursor.phrase.word(count) {
            if isIdentifier || isProse {
                guard word.kind.contains(.qualifier), last.kind.contains(.metric) else { break }
            }
            kind.formUnion(
                word.kind.intersection([.metric, .companion, .setting, .excluded, .share, .phase, .namesPhase]))
            first = word
            count &+= 1
        }
        if isProse, !last.kind.contains(.metric) { return }
        if count == 1, !last.kind.isDisjoint(with: [.generic, .phase]), last.kind.isDisjoint(with: .metric) { return }
        add(value, first: first, last: last, kind: kind, isPhrase: !isIdentifier, cursor)
    }

    /// After a word that may stand directly before its number: `val loss 0.3`, `Acc@1  76.1`.
    mutating func scanBareNumber(_ word: LineWord, _ cursor: inout TextCursor) {
        let start = cursor.bytes.afterBlanks(word.end, cursor.limit)
        guard start < cursor.limit, start &- word.end <= 16,
            let value = ValueText(cursor.bytes, at: start, limit: cursor.limit, units: units)
        else { return }
        if word.kind.isDisjoint(with: .bare), value.unit == .none || value.unit == .percent { return }
        var kind = word.kind
        var first = word
        var count = 1
        while let before = cursor.phrase.word(count), before.kind.contains(.qualifier) {
            kind.formUnion(before.kind.intersection([.phase, .namesPhase]))
            first = before
            count &+= 1
        }
        add(value, first: first, last: word, kind: kind, isPhrase: true, cursor)
        cursor.phrase.clear()
        cursor.at = value.end
    }

    private mutating func add(
        _ value: ValueText, first: LineWord, last: LineWord, kind: WordKind, isPhrase: Bool, _ cursor: TextCursor
    ) {
        guard let standing = MetricCandidate.Standing(kind), candidates.count < MetricCandidate.most else { return }
        // 3/10 is progress unless the name is a share.
        if value.isShare, !kind.contains(.share) { return }
        var section = cursor.section
        if section != nil,
            !kind.isDisjoint(with: [.phase, .namesPhase]) || hasSlash(cursor.bytes, first.start, last.end)
        {
            section = nil
        }
        candidates.append(
            MetricCandidate(
                start: first.start, end: last.end, isPhrase: isPhrase, section: section, standing: standing,
                value: value.value, unit: value.unit, number: value.number))
    }

    private func hasSlash(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Bool {
        for index in start..<end where bytes[index] == Byte.slash { return true }
        return false
    }
}
