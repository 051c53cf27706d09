/// A number found in text: its value, where it ends, and whether it was written as a whole number.
struct NumberText {
    var value: Double
    var start: Int
    var end: Int
    /// Set when the text has neither a point nor an exponent and fits.
    var integer: Int64?
}

extension NumberText {
    /// Reads the longest decimal number that starts exactly at `index`: `-1.5e-3`, `.5`, `3.`, `nan`, `-inf`,
    /// `Infinity`.
    ///
    /// The result is the double nearest to the text. Says nothing about what follows the number: the caller looks at
    /// `end`.
    static func read(_ bytes: UnsafeRawBufferPointer, at index: Int, limit: Int) -> NumberText? {
        var at = index
        guard at < limit else { return nil }
        var negative = false
        if bytes[at] == Byte.minus || bytes[at] == Byte.plus {
            negative = bytes[at] == Byte.minus
            at &+= 1
            guard at < limit else { return nil }
        }
        if bytes[at].isLetter { return named(bytes, from: index, at: at, limit: limit, negative: negative) }

        var decimal = Decimal()
        let firstDigit = at
        while at < limit, bytes[at].isDigit {
            decimal.append(bytes[at], afterPoint: false)
            at &+= 1
        }
        var digitCount = at &- firstDigit
        var whole = true
        if at < limit, bytes[at] == Byte.period {
            let fraction = at &+ 1
            var next = fraction
            while next < limit, bytes[next].isDigit {
                decimal.append(bytes[next], afterPoint: true)
                next &+= 1
            }
            // "3." counts the point only where no word goes on: "3.ckpt" is not a number and must end at "3".
            let pointBelongs =
                next > fraction
                || digitCount > 0
                    && (next == limit || !bytes[next].isNameByte || Exponent.read(bytes, at: next, limit: limit) != nil)
            if pointBelongs {
                digitCount &+= next &- fraction
                whole = false
                at = next
            }
        }
        guard digitCount > 0 else { return nil }
        if let exponent = Exponent.read(bytes, at: at, limit: limit) {
            decimal.exponent &+= exponent.value
            whole = false
            at = exponent.end
        }
        guard let magnitude = decimal.magnitude ?? slow(bytes, firstDigit, at) else { return nil }
        var integer: Int64?
        if whole, let exact = decimal.exactInteger { integer = negative ? 0 &- exact : exact }
        return NumberText(value: negative ? -magnitude : magnitude, start: index, end: at, integer: integer)
    }

    private static func named(
        _ bytes: UnsafeRawBufferPointer, from start: Int, at: Int, limit: Int, negative: Bool
    ) -> NumberText? {
        var end = at
        var value = Double.nan
        if bytes.matchesIgnoringCase("nan", at: at, limit) {
            end = at &+ 3
        } else if bytes.matchesIgnoringCase("infinity", at: at, limit) {
            (end, value) = (at &+ 8, negative ? -Double.infinity : .infinity)
        } else if bytes.matchesIgnoringCase("inf", at: at, limit) {
            (end, value) = (at &+ 3, negative ? -Double.infinity : .infinity)
        } else {
            return nil
        }
        if end < limit, bytes[end].isLetter || bytes[end].isDigit || bytes[end] == Byte.underscore { return nil }
        return NumberText(value: value, start: start, end: end, integer: nil)
    }

    /// The exact way for the few numbers with more than 19 digits or an extreme exponent.
    private static func slow(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Double? {
        guard end &- start <= 400 else { return nil }
        return Double(String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self))
    }
}

/// Up to 19 significant digits with a decimal exponent.
private struct Decimal {
    var mantissa: UInt64 = 0
    var exponent = 0
    var digits = 0
    var overflowed = false

    @inline(__always)
    mutating func append(_ byte: UInt8, afterPoint: Bool) {
        if digits < 19 {
            mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
            if mantissa != 0 { digits &+= 1 }
            if afterPoint { exponent &-= 1 }
        } else {
            overflowed = true
        }
    }

    var exactInteger: Int64? { overflowed || exponent != 0 ? nil : Int64(exactly: mantissa) }

    /// The nearest double, or nil where the short ways do not suffice.
    var magnitude: Double? {
        if overflowed { return nil }
        if mantissa == 0 { return 0 }
        if exponent == 0 { return Double(mantissa) }
        if mantissa < 1 << 53 {
            // Both operands are exact, so that one operation rounds once.
            if exponent < 0, exponent >= -22 { return Double(mantissa) / power(-exponent) }
            if exponent > 0, exponent <= 22 { return Double(mantissa) * power(exponent) }
        }
        if exponent < 0, exponent >= -19 { return quotient(places: -exponent) }
        return nil
    }

    private func power(_ exponent: Int) -> Double {
        var (result, index) = (1.0, 0)
        // Powers of ten up to 10²² are doubles, and so is every product on the way.
        while index < exponent {
            result *= 10
            index &+= 1
        }
        return result
    }

    /// `mantissa / 10^places`, rounded once: the quotient has at least 62 bits, and a lost remainder sets the last one.
    private func quotient(places: Int) -> Double {
        var divisor: UInt64 = 1
        for _ in 0..<places { divisor = divisor &* 10 }
        let (dividendShift, divisorShift) = (mantissa.leadingZeroBitCount, divisor.leadingZeroBitCount)
        let dividend = mantissa << UInt64(dividendShift)
        let (bits, remainder) = (divisor << UInt64(divisorShift)).dividingFullWidth((dividend >> 1, dividend << 63))
        let sticky = remainder == 0 ? bits : bits | 1
        return Double(sign: .plus, exponent: divisorShift &- dividendShift &- 63, significand: Double(sticky))
    }
}

private struct Exponent {
    var value: Int
    var end: Int

    static func read(_ bytes: UnsafeRawBufferPointer, at index: Int, limit: Int) -> Exponent? {
        guard index < limit, bytes[index] | 0x20 == 0x65 else { return nil }
        var at = index &+ 1
        var negative = false
        if at < limit, bytes[at] == Byte.minus || bytes[at] == Byte.plus {
            negative = bytes[at] == Byte.minus
            at &+= 1
        }
        let first = at
        var value = 0
        while at < limit, bytes[at].isDigit {
            // Past a few thousand every double is zero or infinite: the exact size no longer matters.
            if value < 100_000 { value = value &* 10 &+ Int(bytes[at] &- 0x30) }
            at &+= 1
        }
        return at > first ? Exponent(value: negative ? -value : value, end: at) : nil
    }
}
