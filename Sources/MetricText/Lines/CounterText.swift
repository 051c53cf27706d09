/// Steps, epochs and progress marks in plain text.
enum CounterText {
    /// After a word such as `step` or `Epoch`: `step 12`, `Epoch: [0]`, `epoch 2/10`, `Step [100/600]`, `Epoch(val)
    /// [1][10/10]`.
    ///
    /// Returns where the text goes on, or nil when no count follows, or when the words before say that it is another
    /// one (`best epoch: 7`, `total step = 100`).
    static func readCounter(
        _ key: ScannedLine.StepKey, _ word: LineWord, _ cursor: inout TextCursor, into result: inout ScannedLine
    ) -> Int? {
        let (bytes, limit) = (cursor.bytes, cursor.limit)
        let before = cursor.phrase.word(0)
        if let before, before.kind.contains(.generic) { return nil }
        var at = word.end
        var section = before?.kind.phaseCode
        if at < limit, bytes[at] == Byte.openParenthesis {
            guard let phase = phaseInParentheses(bytes, at: at, limit) else { return nil }
            (section, at) = (phase.phase, phase.end)
        }
        at = bytes.afterBlanks(at, limit)
        if at < limit, bytes[at] == Byte.colon || bytes[at] == Byte.equals || bytes[at] == UInt8(ascii: "#") {
            at = bytes.afterBlanks(at &+ 1, limit)
        }
        let isBracketed = at < limit && bytes[at] == Byte.openBracket
        if isBracketed { at = bytes.afterBlanks(at &+ 1, limit) }
        guard at < limit, bytes[at].isDigit, var number = NumberText.read(bytes, at: at, limit: limit) else {
            return nil
        }
        if let grouped = ValueText.thousands(bytes, number, limit) {
            number = NumberText(value: grouped.0, start: at, end: grouped.1, integer: Int64(exactly: grouped.0))
            result.spans.isUnrepeatable = true
        }
        guard number.integer != nil || key == .epoch else { return nil }
        var total: Int64?
        at = number.end
        if let ratio = totalAfterSlash(bytes, at: at, limit) { (total, at) = (ratio.total, ratio.end) }
        if isBracketed {
            guard let closed = closingBracket(bytes, at: at, limit) else { return nil }
            at = closed
        } else if !endsCount(bytes, at, limit) {
            return nil
        }
        let isGlobal = before.map { bytes.matchesIgnoringCase("global", at: $0.start, $0.end) } ?? false
        result.take(step: number, key: key == .step && isGlobal ? .globalStep : key)
        if key == .batch, let total {
            result.take(position: number, of: total)
            // One number in two places.
            result.spans.isUnrepeatable = true
        }
        if let section { cursor.section = section }
        return at
    }

    /// timm heads its lines `Train: 0 [   0/1251 (  0%)]`, the number being the epoch.
    static func readEpochHeading(
        _ cursor: inout TextCursor, _ word: LineWord, into result: inout ScannedLine
    ) -> Int? {
        let (bytes, limit) = (cursor.bytes, cursor.limit)
        let at = bytes.afterBlanks(word.end &+ 1, limit)
        guard at < limit, bytes[at].isDigit, let number = NumberText.read(bytes, at: at, limit: limit),
            number.integer != nil
        else { return nil }
        let next = bytes.afterBlanks(number.end, limit)
        guard next < limit, bytes[next] == Byte.openBracket else { return nil }
        result.take(step: number, key: .epoch)
        cursor.phrase.clear()
        return next
    }

    /// At a `[`: takes `[640/60000 (1%)]` as the position, and `[1,  2000]` at the start of a line as epoch and batch.
    static func readBracket(_ cursor: inout TextCursor, into result: inout ScannedLine) {
        let (bytes, limit, open) = (cursor.bytes, cursor.limit, cursor.at)
        cursor.at = open &+ 1
        let at = bytes.afterBlanks(open &+ 1, limit)
        guard at < limit, bytes[at].isDigit, let number = NumberText.read(bytes, at: at, limit: limit),
            number.integer != nil
        else { return }
        if let ratio = totalAfterSlash(bytes, at: number.end, limit),
            let end = closingBracket(bytes, at: ratio.end, limit)
        {
            result.take(position: number, of: ratio.total)
            cursor.at = end
        } else if open == cursor.start, number.end < limit, bytes[number.end] == Byte.comma {
            let second = bytes.afterBlanks(number.end &+ 1, limit)
            guard let batch = NumberText.read(bytes, at: second, limit: limit), batch.integer != nil,
                batch.end < limit, bytes[batch.end] == Byte.closeBracket
            else { return }
            result.take(step: number, key: .epoch)
            result.take(step: batch, key: .batch)
            cursor.at = batch.end &+ 1
        }
    }

    /// `938/938` at the start of a line (Keras) or after the bar of tqdm.
    static func readProgress(_ cursor: TextCursor, into result: inout ScannedLine) {
        guard result.position == nil else { return }
        let (bytes, limit) = (cursor.bytes, cursor.limit)
        var before = cursor.at
        while before > cursor.start, bytes[before &- 1].isBlank { before &-= 1 }
        guard before == cursor.start || bytes[before &- 1] == Byte.bar,
            let number = NumberText.read(bytes, at: cursor.at, limit: limit), number.integer != nil,
            number.end < limit, bytes[number.end] == Byte.slash,
            let ratio = totalAfterSlash(bytes, at: number.end, limit),
            ratio.end == limit || bytes[ratio.end].isBlank
        else { return }
        result.take(position: number, of: ratio.total)
    }

    private static func totalAfterSlash(
        _ bytes: UnsafeRawBufferPointer, at start: Int, _ limit: Int
    ) -> (total: Int64, end: Int)? {
        let slash = bytes.afterBlanks(start, limit)
        guard slash < limit, bytes[slash] == Byte.slash else { return nil }
        let at = bytes.afterBlanks(slash &+ 1, limit)
        guard at < limit, bytes[at].isDigit, let total = NumberText.read(bytes, at: at, limit: limit),
            let whole = total.integer
        else { return nil }
        return (whole, total.end)
    }

    /// After the `]`, which may follow a percentage: `(1%)]`.
    private static func closingBracket(_ bytes: UnsafeRawBufferPointer, at start: Int, _ limit: Int) -> Int? {
        var at = start
        while at < limit, at &- start < 16 {
            switch bytes[at] {
            case Byte.closeBracket: return at &+ 1
            case Byte.space, Byte.openParenthesis, Byte.closeParenthesis, Byte.percent, Byte.period, 0x30...0x39:
                at &+= 1
            default: return nil
            }
        }
        return nil
    }

    private static func phaseInParentheses(
        _ bytes: UnsafeRawBufferPointer, at open: Int, _ limit: Int
    ) -> (phase: Phase, end: Int)? {
        if bytes.matches("(train)", at: open, limit) { return (.train, open &+ 7) }
        if bytes.matches("(val)", at: open, limit) { return (.val, open &+ 5) }
        if bytes.matches("(test)", at: open, limit) { return (.test, open &+ 6) }
        return nil
    }

    private static func endsCount(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ limit: Int) -> Bool {
        // "epoch 3%" and "step 2.8.0" are refused here as they are for values.
        ValueText.endsValue(bytes, at, limit)
            || bytes[at] == Byte.colon && (at &+ 1 == limit || !bytes[at &+ 1].isDigit)
    }
}
