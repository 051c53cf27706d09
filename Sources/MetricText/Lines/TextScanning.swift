/// Where the scanner stands in the plain text of a line.
struct TextCursor {
    let bytes: UnsafeRawBufferPointer
    let start: Int
    let limit: Int
    var at: Int
    var phrase = Phrase()
    var section: Phase?
    /// The line is a Python warning or exception.
    var isComplaint = false

    init(bytes: UnsafeRawBufferPointer, at: Int, limit: Int) {
        (self.bytes, start, self.at, self.limit) = (bytes, at, at, limit)
    }

    @inline(__always)
    func byte(_ index: Int) -> UInt8 { index < limit && index >= 0 ? bytes[index] : Byte.space }

    /// Goes on after the blank or quote that ends a path, an address or an option.
    mutating func skipToken() {
        while at < limit, !bytes[at].isBlank, bytes[at] != Byte.quote, bytes[at] != Byte.apostrophe { at &+= 1 }
        phrase.clear()
    }

    /// Goes on after the parenthesis that closes the one at `at`; to the end of the line when none does.
    mutating func skipParentheses() {
        var depth = 0
        while at < limit {
            if bytes[at] == Byte.openParenthesis { depth &+= 1 }
            if bytes[at] == Byte.closeParenthesis { depth &-= 1 }
            at &+= 1
            if depth == 0 { break }
        }
        phrase.clear()
    }

    mutating func skipPunctuation() {
        phrase.clear()
        at &+= 1
    }

    /// Ends a phrase at a mark that may follow a heading: `Test set:`, `[Val]`, `Validation |`.
    mutating func closeHeading() {
        if let last = phrase.word(0) {
            if phrase.count == 1, let phase = last.kind.phaseCode {
                section = phase
            } else if phrase.count == 2, last.kind.contains(.sectionNoun), let phase = phrase.word(1)?.kind.phaseCode {
                section = phase
            }
        }
        phrase.clear()
    }
}

extension MetricLineScanner {
    /// Reads the text up to `cursor.limit`: steps go into `result`, possible metrics into `candidates`.
    mutating func scanText(_ cursor: inout TextCursor, into result: inout ScannedLine) {
        while cursor.at < cursor.limit, !cursor.isComplaint {
            let byte = cursor.bytes[cursor.at]
            if byte.isWordStart {
                scanWord(&cursor, into: &result)
            } else if byte.isDigit {
                scanDigits(&cursor, into: &result)
            } else {
                scanMark(byte, &cursor, into: &result)
            }
        }
    }

    private mutating func scanMark(_ byte: UInt8, _ cursor: inout TextCursor, into result: inout ScannedLine) {
        switch byte {
        case Byte.space, Byte.tab:
            cursor.at &+= 1
        case Byte.colon, Byte.equals:
            scanSeparator(byte, width: 1, &cursor)
        case 0xEF where cursor.bytes.matches("：", at: cursor.at, cursor.limit):
            scanSeparator(Byte.colon, width: 3, &cursor)
        case Byte.bar, Byte.closeBracket, Byte.closeParenthesis:
            cursor.closeHeading()
            cursor.at &+= 1
        case Byte.minus:
            let next = cursor.byte(cursor.at &+ 1)
            if next.isBlank {
                cursor.closeHeading()
                cursor.at &+= 1
            } else if next.isLetter || next == Byte.minus && cursor.byte(cursor.at &+ 2).isLetter {
                cursor.skipToken()
            } else {
                cursor.skipPunctuation()
            }
        case Byte.slash, Byte.backslash, UInt8(ascii: "~"), UInt8(ascii: "?"), UInt8(ascii: "&"), UInt8(ascii: "$"):
            cursor.skipToken()
        case Byte.period:
            if cursor.phrase.word(0)?.end == cursor.at, cursor.byte(cursor.at &+ 1) == Byte.space,
                cursor.phrase.abbreviate()
            {
                cursor.at &+= 1
            } else if cursor.byte(cursor.at &+ 1).isBlank {
                cursor.skipPunctuation()
            } else {
                cursor.skipToken()
            }
        case Byte.openBracket:
            cursor.phrase.clear()
            CounterText.readBracket(&cursor, into: &result)
        default:
            cursor.skipPunctuation()
        }
    }

    /// A token that begins with a digit: a clock time, a date, an address, a progress mark; never a name.
    private func scanDigits(_ cursor: inout TextCursor, into result: inout ScannedLine) {
        let start = cursor.at
        let hadPosition = result.position != nil
        CounterText.readProgress(cursor, into: &result)
        while cursor.at < cursor.limit {
            let byte = cursor.bytes[cursor.at]
            guard byte.isNameByte || byte == Byte.colon && !cursor.byte(cursor.at &+ 1).isBlank else { break }
            cursor.at &+= 1
        }
        if hadPosition || result.position == nil { result.spans.add(start, cursor.at, .ignored) }
        cursor.phrase.clear()
    }

    private mutating func scanWord(_ cursor: inout TextCursor, into result: inout ScannedLine) {
        let (bytes, limit) = (cursor.bytes, cursor.limit)
        let word = LineWord(bytes, at: cursor.at, limit: limit, vocabulary: vocabulary)
        let next = cursor.byte(word.end)
        // Columns: what stands further left belongs to something else.
        if let last = cursor.phrase.word(0), word.start &- last.end > 1 || bytes[last.end] == Byte.tab {
            cursor.phrase.clear()
        }
        if word.isAllCapitals, word.kind.contains(.logLevel) {
            if word.kind.contains(.complaint) { complains = true }
            cursor.phrase.clear()
            cursor.at = word.end
            return
        }
        if let key = word.kind.stepKey, let end = CounterText.readCounter(key, word, &cursor, into: &result) {
            cursor.phrase.clear()
            cursor.at = end
            return
        }
        cursor.at = word.end
        if next == Byte.openParenthesis { return cursor.skipParentheses() }
        if next == Byte.colon {
            if bytes.matches("://", at: word.end, limit) { return cursor.skipToken() }
            if Self.isComplaint(bytes, word) {
                cursor.isComplaint = true
                return
            }
            if let phase = word.kind.phaseCode, let end = CounterText.readEpochHeading(&cursor, word, into: &result) {
                cursor.section = phase
                cursor.at = end
                return
            }
        }
        if word.kind.contains(.stop), next.isBlank { return cursor.phrase.clear() }
        cursor.phrase.append(word)
        if next.isBlank, !word.kind.isDisjoint(with: [.bare, .bareMeasure]) { scanBareNumber(word, &cursor) }
    }

    /// `ValueError:`, `UserWarning:`.
    private static func isComplaint(_ bytes: UnsafeRawBufferPointer, _ word: LineWord) -> Bool {
        guard word.end &- word.start > 5 else { return false }
        return bytes.matches("Error", at: word.end &- 5, word.end)
            || bytes.matches("Warning", at: word.end &- 7, word.end)
            || bytes.matches("Exception", at: word.end &- 9, word.end)
    }
}
