/// ASCII classes of single bytes. Training output is read as bytes: it need not be UTF-8.
extension UInt8 {
    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    @inline(__always) var isUppercase: Bool { self &- 0x41 < 26 }
    @inline(__always) var isLowercase: Bool { self &- 0x61 < 26 }
    /// Space or tab: what may stand between a name, its separator and its value.
    @inline(__always) var isBlank: Bool { self == 0x20 || self == 0x09 }
    @inline(__always) var isWordStart: Bool { isLetter || self == 0x5F }
    /// Letters, digits and `_ - . / @`: what a printed metric name consists of.
    @inline(__always) var isNameByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D, 0x2E, 0x2F, 0x40: true
        default: false
        }
    }
    @inline(__always) var lowercased: UInt8 { isUppercase ? self | 0x20 : self }

    @inline(__always) init(ascii scalar: Unicode.Scalar) { self = UInt8(truncatingIfNeeded: scalar.value) }
}

/// Named bytes, so that parsers read as the text they parse.
enum Byte {
    static let tab: UInt8 = 0x09
    static let carriageReturn: UInt8 = 0x0D
    static let lineFeed: UInt8 = 0x0A
    static let escape: UInt8 = 0x1B
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let percent: UInt8 = 0x25
    static let apostrophe: UInt8 = 0x27
    static let openParenthesis: UInt8 = 0x28
    static let closeParenthesis: UInt8 = 0x29
    static let plus: UInt8 = 0x2B
    static let comma: UInt8 = 0x2C
    static let minus: UInt8 = 0x2D
    static let period: UInt8 = 0x2E
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A
    static let equals: UInt8 = 0x3D
    static let openBracket: UInt8 = 0x5B
    static let backslash: UInt8 = 0x5C
    static let closeBracket: UInt8 = 0x5D
    static let underscore: UInt8 = 0x5F
    static let openBrace: UInt8 = 0x7B
    static let bar: UInt8 = 0x7C
    static let closeBrace: UInt8 = 0x7D
}

extension UnsafeRawBufferPointer {
    /// The first index at or after `index` that holds no space or tab; `limit` when there is none.
    @inline(__always)
    func afterBlanks(_ index: Int, _ limit: Int) -> Int {
        var at = index
        while at < limit, self[at].isBlank { at &+= 1 }
        return at
    }

    /// Whether the bytes at `index` are exactly `text`.
    @inline(__always)
    func matches(_ text: StaticString, at index: Int, _ limit: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index >= 0, limit &- index >= count else { return false }
        for offset in 0..<count where self[index &+ offset] != text.utf8Start[offset] { return false }
        return true
    }

    /// As `matches`, for any mixture of capitals; `text` is lower case.
    @inline(__always)
    func matchesIgnoringCase(_ text: StaticString, at index: Int, _ limit: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index >= 0, limit &- index >= count else { return false }
        for offset in 0..<count where self[index &+ offset].lowercased != text.utf8Start[offset] { return false }
        return true
    }
}
