/// One word of a line, with what its parts mean.
struct LineWord {
    var start = 0
    var end = 0
    var kind = WordKind()
    /// Consists of letters and digits only, so that it reads as a word and not as an identifier.
    var isPlain = true
    var isAllCapitals = true

    init() {}

    /// Reads the run of name bytes at `start`; a trailing `.`, `-` or `/` is not part of the word.
    init(_ bytes: UnsafeRawBufferPointer, at start: Int, limit: Int, vocabulary: PackedWordTable) {
        var limit = start &+ Self.runLength(bytes, at: start, limit: limit)
        while limit > start, Self.isTrailing(bytes[limit &- 1]) { limit &-= 1 }
        var at = start
        var partStart = start
        var parts = WordKind()
        var partCount = 0
        while at < limit {
            let byte = bytes[at]
            if byte.isLetter || byte.isDigit {
                if byte.isLowercase { isAllCapitals = false }
            } else {
                if byte != UInt8(ascii: "@") { isPlain = false }
                if at > partStart {
                    parts.formUnion(LineWord.meaning(bytes, partStart, at, vocabulary))
                    partCount &+= 1
                }
                partStart = at &+ 1
            }
            at &+= 1
        }
        if partCount > 0, at > partStart { parts.formUnion(LineWord.meaning(bytes, partStart, at, vocabulary)) }
        let whole = LineWord.meaning(bytes, start, at, vocabulary)
        (self.start, end) = (start, at)
        kind = whole.union(parts.withoutCode.intersection(.inherited))
        if partCount > 0, whole.phaseCode == nil { kind.remove(.phase) }
        if kind.contains(.rate) { kind.subtract([.setting, .excludedAlone]) }
        if partCount > 0, parts.contains(.phase) { kind.insert(.namesPhase) }
    }

    private static func runLength(_ bytes: UnsafeRawBufferPointer, at start: Int, limit: Int) -> Int {
        var at = start
        while at < limit, bytes[at].isNameByte { at &+= 1 }
        return at &- start
    }

    private static func isTrailing(_ byte: UInt8) -> Bool {
        byte == Byte.period || byte == Byte.minus || byte == Byte.slash
    }

    private static func meaning(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ vocabulary: PackedWordTable
    ) -> WordKind {
        guard let word = PackedWord(bytes, start, end) else {
            return endsInLoss(bytes, start, end) ? [.metric, .bare] : []
        }
        let found = vocabulary.value(word)
        if found != 0 { return WordKind(rawValue: found) }
        // acc1, loss0, iou50: the number says which, the word says what.
        var letters = end
        while letters > start, bytes[letters &- 1].isDigit { letters &-= 1 }
        if letters < end, let stem = PackedWord(bytes, start, letters) {
            return WordKind(rawValue: vocabulary.value(stem)).intersection([.metric, .companion, .share, .bare])
        }
        return endsInLoss(bytes, start, end) ? [.metric, .bare] : []
    }

    /// NLLLoss, valloss, trainAcc.
    private static func endsInLoss(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Bool {
        end &- start > 4 && bytes.matchesIgnoringCase("loss", at: end &- 4, end)
    }
}

/// The last words before the place where the scanner stands, back to the last mark that ends a phrase.
struct Phrase {
    /// Longer names are prose.
    static let longest = 4

    private var ring: (LineWord, LineWord, LineWord, LineWord) = (LineWord(), LineWord(), LineWord(), LineWord())
    /// How many words the phrase has; only the last four are kept.
    private(set) var count = 0

    mutating func clear() { count = 0 }

    mutating func append(_ word: LineWord) {
        switch count & 3 {
        case 0: ring.0 = word
        case 1: ring.1 = word
        case 2: ring.2 = word
        default: ring.3 = word
        }
        count &+= 1
    }

    /// Takes the point of an abbreviation (`Val. Loss`) into the last word; false when that word is none.
    mutating func abbreviate() -> Bool {
        guard var last = word(0), last.isPlain, last.end &- last.start <= 5,
            !last.kind.isDisjoint(with: [.phase, .qualifier, .generic])
        else {
            return false
        }
        last.end &+= 1
        count &-= 1
        append(last)
        return true
    }

    /// The word `back` places before the last one; nil before the start of the phrase.
    func word(_ back: Int) -> LineWord? {
        guard back >= 0, back < Swift.min(count, Self.longest) else { return nil }
        switch (count &- 1 &- back) & 3 {
        case 0: return ring.0
        case 1: return ring.1
        case 2: return ring.2
        default: return ring.3
        }
    }
}
