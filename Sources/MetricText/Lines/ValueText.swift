/// The value after a metric's name, with its unit, checked to end where a value may end.
///
/// The check is what keeps versions (`2.8.0`), clock times (`10:12:44`), dates, addresses, file names and hexadecimal
/// ids from becoming metrics: each goes on after its first number in a way that no value does.
struct ValueText {
    var value: Double
    var unit: MetricUnit
    /// Written as `9829/10000`.
    var isShare = false
    var isWhole = false
    var end: Int
    /// Where the number stands; nil when the value was made of several.
    var number: Range<Int>?

    /// Reads a value that starts exactly at `start`; nil when what stands there is something else.
    init?(_ bytes: UnsafeRawBufferPointer, at start: Int, limit: Int, units: PackedWordTable) {
        let (first, wrapped) = Self.unwrap(bytes, at: start, limit)
        guard let number = NumberText.read(bytes, at: first, limit: limit) else { return nil }
        (value, unit, end) = (number.value, .none, number.end)
        isWhole = number.integer != nil
        self.number = number.start..<number.end
        if wrapped {
            // tensor(0.3, device='cuda:0'): the rest of the parentheses belongs to the value.
            guard let closed = Self.closing(bytes, at: end, limit) else { return nil }
            end = closed
        }
        if let grouped = Self.thousands(bytes, number, limit) {
            (value, end, self.number) = (grouped.0, grouped.1, nil)
        }
        guard end < limit else { return }

        let next = bytes[end]
        if next == Byte.percent {
            unit = .percent
            end &+= 1
            // "12%|███" is a progress bar.
            if end < limit, bytes[end] == Byte.bar { return nil }
        } else if next == Byte.slash, let share = Self.share(of: number, bytes, at: end, limit) {
            (value, end) = share
            (isShare, isWhole, self.number) = (true, false, nil)
        } else if next.isLetter || next == 0xC2 || next == 0xCE {
            if !Self.endsValue(bytes, end, limit) {
                guard let attached = Self.unit(bytes, at: end, limit, units) else { return nil }
                (unit, end) = attached
            }
        } else if next == Byte.space {
            if let share = Self.spacedShare(of: number, bytes, at: end, limit) {
                (value, end) = share
                (isShare, isWhole, self.number) = (true, false, nil)
            } else {
                takeUnitAfterSpace(bytes, limit, units)
            }
        }
        guard Self.endsValue(bytes, end, limit) else { return nil }
    }

    private mutating func takeUnitAfterSpace(_ bytes: UnsafeRawBufferPointer, _ limit: Int, _ units: PackedWordTable) {
        let start = end &+ 1
        guard start < limit else { return }
        if bytes[start] == Byte.percent {
            let after = start &+ 1
            if after == limit || (bytes[after] != Byte.bar && Self.endsValue(bytes, after, limit)) {
                (unit, end) = (.percent, after)
            }
        } else if bytes[start].isLetter, let found = Self.unit(bytes, at: start, limit, units),
            // A single letter is more often the next word than a unit.
            found.end &- start > 1 || bytes[start] == UInt8(ascii: "s"), Self.endsValue(bytes, found.end, limit),
            // "time: 3 s loss: 1" has a unit, "loss: 3 min: 2" has a name.
            !Self.startsPair(bytes, found.end, limit)
        {
            (unit, end) = found
        }
    }

    private static func startsPair(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ limit: Int) -> Bool {
        let next = bytes.afterBlanks(at, limit)
        return next < limit && (bytes[next] == Byte.colon || bytes[next] == Byte.equals)
    }

    /// `tensor(0.3)`, `np.float32(0.3)`: the index of the number inside, and whether there was such a wrapper.
    private static func unwrap(_ bytes: UnsafeRawBufferPointer, at start: Int, _ limit: Int) -> (Int, Bool) {
        guard start < limit, bytes[start].isLowercase else { return (start, false) }
        if bytes.matches("tensor(", at: start, limit) { return (start &+ 7, true) }
        if bytes.matches("np.float", at: start, limit) || bytes.matches("np.int", at: start, limit) {
            var at = start &+ 6
            while at < limit, bytes[at].isLetter || bytes[at].isDigit { at &+= 1 }
            if at < limit, bytes[at] == Byte.openParenthesis { return (at &+ 1, true) }
        }
        return (start, false)
    }

    /// After the parenthesis that closes the one before `start`.
    private static func closing(_ bytes: UnsafeRawBufferPointer, at start: Int, _ limit: Int) -> Int? {
        guard start < limit, bytes[start] == Byte.closeParenthesis || bytes[start] == Byte.comma else { return nil }
        var (at, depth) = (start, 1)
        while at < limit {
            if bytes[at] == Byte.openParenthesis { depth &+= 1 }
            if bytes[at] == Byte.closeParenthesis { depth &-= 1 }
            at &+= 1
            if depth == 0 { return at }
        }
        return nil
    }

    /// `1,234` and `1,234,567.8`.
    static func thousands(
        _ bytes: UnsafeRawBufferPointer, _ number: NumberText, _ limit: Int
    ) -> (Double, Int)? {
        guard let whole = number.integer, abs(number.value) < 1_000, number.end < limit, bytes[number.end] == Byte.comma
        else { return nil }
        var (at, total) = (number.end, whole.magnitude)
        while limit &- at >= 4, bytes[at] == Byte.comma, bytes[at &+ 1].isDigit, bytes[at &+ 2].isDigit,
            bytes[at &+ 3].isDigit, limit &- at == 4 || !bytes[at &+ 4].isDigit, total < 1_000_000_000_000_000
        {
            for offset in 1...3 { total = total &* 10 &+ UInt64(bytes[at &+ offset] &- 0x30) }
            at &+= 4
        }
        guard at > number.end else { return nil }
        return (whole < 0 ? -Double(total) : Double(total), at)
    }

    private static func share(
        of number: NumberText, _ bytes: UnsafeRawBufferPointer, at slash: Int, _ limit: Int
    ) -> (Double, Int)? {
        guard slash &+ 1 < limit, bytes[slash &+ 1].isDigit, number.integer != nil,
            let total = NumberText.read(bytes, at: slash &+ 1, limit: limit), let parts = total.integer, parts > 0
        else { return nil }
        return (number.value / total.value, total.end)
    }

    /// `9829 / 10000`.
    private static func spacedShare(
        of number: NumberText, _ bytes: UnsafeRawBufferPointer, at space: Int, _ limit: Int
    ) -> (Double, Int)? {
        guard limit &- space > 3, bytes[space &+ 1] == Byte.slash, bytes[space &+ 2] == Byte.space,
            bytes[space &+ 3].isDigit, number.integer != nil,
            let total = NumberText.read(bytes, at: space &+ 3, limit: limit), let parts = total.integer, parts > 0
        else { return nil }
        return (number.value / total.value, total.end)
    }

    private static func unit(
        _ bytes: UnsafeRawBufferPointer, at start: Int, _ limit: Int, _ units: PackedWordTable
    ) -> (unit: MetricUnit, end: Int)? {
        var at = start
        while at < limit, at &- start < 16, bytes[at].isLetter || bytes[at] == Byte.slash || bytes[at] >= 0xB5 {
            at &+= 1
        }
        if at &- start == 1 {
            // 3m may be minutes, milli or mega; 3M is a count or a size.
            switch bytes[start] {
            case UInt8(ascii: "m"), UInt8(ascii: "k"), UInt8(ascii: "g"), UInt8(ascii: "w"), UInt8(ascii: "b"),
                UInt8(ascii: "S"), UInt8(ascii: "H"):
                return nil
            default: break
            }
        }
        guard let word = PackedWord(bytes, start, at), let unit = MetricUnit.named(word, in: units) else { return nil }
        return (unit, at)
    }

    /// Whether a value may end before the byte at `at`.
    static func endsValue(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ limit: Int) -> Bool {
        guard at < limit else { return true }
        let next: UInt8 = at &+ 1 < limit ? bytes[at &+ 1] : Byte.space
        switch bytes[at] {
        case Byte.space, Byte.tab, UInt8(ascii: ";"), Byte.bar, Byte.closeParenthesis, Byte.closeBracket,
            Byte.closeBrace,
            UInt8(ascii: ">"), Byte.quote, Byte.apostrophe, UInt8(ascii: "*"), UInt8(ascii: "`"):
            return true
        case Byte.comma:
            return !next.isDigit
        case Byte.period, Byte.colon, UInt8(ascii: "!"):
            return next.isBlank
        case 0xC2:
            return next == 0xB1  // ±
        case 0xE2:
            return true  // arrows, bars, boxes
        case 0xE3, 0xEF:
            return true  // full-width commas and stops
        default:
            return false
        }
    }
}
