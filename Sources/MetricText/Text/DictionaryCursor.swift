/// Reads JSON and what Python prints of a dictionary: both quotes, `None`, `nan`, tuples, calls such as `tensor(0.3)`.
///
/// Never recurses and never goes past `limit`. A reader that finds something else than it expects gets nil or false.
struct DictionaryCursor {
    let bytes: UnsafeRawBufferPointer
    let limit: Int
    var at: Int

    init(_ bytes: UnsafeRawBufferPointer, at: Int, limit: Int) {
        (self.bytes, self.at, self.limit) = (bytes, at, limit)
    }

    /// The byte at the next place that is not white space; nil at the end.
    mutating func peek() -> UInt8? {
        while at < limit, bytes[at].isBlank || bytes[at] == Byte.lineFeed || bytes[at] == Byte.carriageReturn {
            at &+= 1
        }
        return at < limit ? bytes[at] : nil
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        at &+= 1
        return true
    }

    /// The bytes between a pair of quotes, escapes left as they are; nil when no quoted text stands here.
    mutating func string() -> Range<Int>? {
        guard let quote = peek(), quote == Byte.quote || quote == Byte.apostrophe else { return nil }
        let start = at &+ 1
        var index = start
        while index < limit {
            if bytes[index] == Byte.backslash {
                index &+= 2
            } else if bytes[index] == quote {
                at = index &+ 1
                return start..<index
            } else {
                index &+= 1
            }
        }
        return nil
    }

    /// Goes past one value of any kind, to the comma or bracket after it. False when the text ends before.
    mutating func skipValue() -> Bool {
        var depth = 0
        while let byte = peek() {
            switch byte {
            case Byte.quote, Byte.apostrophe:
                guard string() != nil else { return false }
            case Byte.openBrace, Byte.openBracket, Byte.openParenthesis:
                depth &+= 1
                at &+= 1
            case Byte.closeBrace, Byte.closeBracket, Byte.closeParenthesis:
                if depth == 0 { return true }
                depth &-= 1
                at &+= 1
            case Byte.comma where depth == 0:
                return true
            default:
                at &+= 1
            }
        }
        return false
    }

    /// At a value that is a number: the number, with the cursor after it. Quoted numbers count where `quoted` is set.
    mutating func number(quoted: Bool) -> NumberText? {
        guard let byte = peek() else { return nil }
        if byte == Byte.quote || byte == Byte.apostrophe {
            let start = at
            if quoted, let range = string(),
                let number = NumberText.read(bytes, at: range.lowerBound, limit: range.upperBound),
                number.end == range.upperBound
            {
                return number
            }
            at = start
            return nil
        }
        guard let number = NumberText.read(bytes, at: at, limit: limit) else { return nil }
        let start = at
        at = number.end
        if let next = peek(), next == Byte.comma || next == Byte.closeBrace || next == Byte.closeBracket {
            return number
        }
        at = start
        return nil
    }
}
