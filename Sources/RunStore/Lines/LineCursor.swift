import Glibc

/// Where the next byte of a line goes, within room that was reserved for it. A plain pointer: the parts of a line are
/// put without any check that the compiler would add for a class's property.
struct LineCursor {
    /// The bytes that any number takes at most.
    static let numberSize = 32

    fileprivate(set) var next: UnsafeMutablePointer<UInt8>

    init(next: UnsafeMutablePointer<UInt8>) { self.next = next }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        next.pointee = byte
        next += 1
    }

    @inline(__always)
    mutating func put(_ source: UnsafeRawPointer, _ size: Int) {
        memcpy(next, source, size)
        next += size
    }

    @inline(__always)
    mutating func put(_ text: StaticString) { put(text.utf8Start, text.utf8CodeUnitCount) }

    /// A whole number in decimal; `numberSize` bytes must be reserved.
    mutating func put(_ value: Int64) {
        if value < 0 { put(UInt8(ascii: "-")) }
        put(value.magnitude)
    }

    mutating func put(_ value: UInt64) {
        var digits = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        put(value, digits: digits)
    }

    /// The last `digits` decimal digits of `value`, with leading zeros.
    @inline(__always)
    mutating func put(_ value: UInt64, digits: Int) {
        var rest = value
        for index in stride(from: digits - 1, through: 0, by: -1) {
            next[index] = UInt8(truncatingIfNeeded: rest % 10) + 48
            rest /= 10
        }
        next += digits
    }

    /// A number as JSON, in the shortest form that reads back as the same value (Swift's `description`); NaN and
    /// infinities as strings, because JSON has no numbers for them. `numberSize` bytes must be reserved.
    mutating func putJSON(_ value: Double) {
        let magnitude = value.magnitude
        if magnitude >= 1e-4, magnitude < 1e9 {
            // A decimal of at most 15 digits that rounds to the value is its shortest form: no two such decimals
            // share a double. Most numbers that programs print are of this kind.
            let millionths = (magnitude * 1e6).rounded()
            if millionths / 1e6 == magnitude {
                if value < 0 { put(UInt8(ascii: "-")) }
                return put(millionths: UInt64(millionths))
            }
        }
        if value.isFinite {
            put(text: value.description)
        } else {
            put(text: value.isNaN ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
        }
    }

    private mutating func put(millionths: UInt64) {
        let (whole, part) = millionths.quotientAndRemainder(dividingBy: 1_000_000)
        put(whole)
        put(UInt8(ascii: "."))
        var (fraction, digits) = (part, 6)
        while digits > 1, fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        put(fraction, digits: digits)
    }

    private mutating func put(text: String) {
        var text = text
        text.withUTF8 { utf8 in
            if let start = utf8.baseAddress { put(start, utf8.count) }
        }
    }
}
