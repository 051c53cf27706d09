/// Numbers as a person wants to read them: short, without false precision, the same on every machine.
package enum ReadableNumber {
    /// A measured value with four significant digits: `0.9783`, `3.2e-5`, `12346`. Whole numbers below a million keep
    /// every digit. Not-a-number is `NaN`, infinities are `∞` and `-∞`.
    package static func text(_ value: Double, digits: Int = 4) -> String {
        guard value.isFinite else { return nonFinite(value) }
        var decimal = DecimalDigits(value)
        if value == value.rounded(), abs(value) < 1e6 { return decimal.text(plainUpTo: 6) }
        decimal.round(to: max(digits, decimal.exponent < 6 ? decimal.exponent + 1 : digits))
        return decimal.text(plainUpTo: 6)
    }

    /// A value that was chosen, such as a learning rate: every digit, in the shorter of the two notations (`3e-4`).
    package static func exact(_ value: Double) -> String {
        value.isFinite ? DecimalDigits(value).text(plainUpTo: 16) : nonFinite(value)
    }

    /// A count with its digits in groups of three: `1,200,000`.
    package static func count(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A span of time: `12 ms`, `1.2 s`, `41 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e12 else { return nonFinite(seconds) }
        if seconds < 0 { return "-" + duration(-seconds) }
        if seconds == 0 { return "0 s" }
        if seconds < 0.9995 { return "\(text(seconds * 1000, digits: 2)) ms" }
        if seconds < 9.95 { return "\(text(seconds, digits: 2)) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return pair(whole / 60, "min", whole % 60, "s") }
        let minutes = (whole + 30) / 60
        if minutes < 48 * 60 { return pair(minutes / 60, "h", minutes % 60, "min") }
        let hours = (minutes + 30) / 60
        return pair(hours / 24, "d", hours % 24, "h")
    }

    /// An amount of memory: `812 B`, `1.5 KiB`, `12.3 GiB`.
    package static func size(_ bytes: UInt64) -> String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
            if value < 1023.5 { return "\(text(value, digits: 3)) \(unit)" }
            value /= 1024
        }
        return "\(text(value, digits: 3)) PiB"
    }

    /// A part of a whole: `63 %`.
    package static func percent(_ part: Double) -> String {
        "\(text(part * 100, digits: part < 0.1 ? 2 : 3)) %"
    }

    private static func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
    }

    private static func nonFinite(_ value: Double) -> String {
        value.isNaN ? "NaN" : value < 0 ? "-∞" : "∞"
    }
}

/// A finite number as its shortest decimal digits: 0.d₁d₂d₃… with the first digit at 10^exponent.
///
/// Rounding works on the digits, so that it is exact where scaling by powers of ten is not.
struct DecimalDigits {
    private var isNegative: Bool
    private var digits: [UInt8]
    /// Power of ten of the first digit.
    private(set) var exponent: Int

    /// - Parameter value: finite.
    init(_ value: Double) {
        // The standard library writes `12.5`, `3e-05` or `1.5e+16`: digits, perhaps a point, perhaps a power.
        let parts = value.magnitude.description.split(separator: "e", maxSplits: 1)
        let mantissa = parts.first.map { Array($0.utf8) } ?? []
        let power = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
        let point = mantissa.firstIndex(of: UInt8(ascii: ".")) ?? mantissa.count
        isNegative = value < 0
        digits = mantissa.filter { $0 != UInt8(ascii: ".") }.map { $0 &- UInt8(ascii: "0") }
        exponent = power + point - 1
        while digits.count > 1, digits.first == 0 {
            digits.removeFirst()
            exponent -= 1
        }
        trim()
    }

    mutating func round(to count: Int) {
        guard count > 0, digits.count > count else { return }
        let up = digits[count] >= 5
        digits.removeLast(digits.count - count)
        if up {
            var index = count - 1
            while index >= 0, digits[index] == 9 {
                digits[index] = 0
                index -= 1
            }
            if index >= 0 {
                digits[index] += 1
            } else {
                digits.insert(1, at: 0)
                exponent += 1
            }
        }
        trim()
    }

    /// The number in plain notation from 0.001 to below 10^`plainUpTo`, in scientific notation outside.
    func text(plainUpTo limit: Int) -> String {
        let letters = digits.map { String($0) }
        let sign = isNegative ? "-" : ""
        if digits == [0] { return "0" }
        guard exponent >= -3, exponent < limit else {
            let fraction = letters.dropFirst().joined()
            return "\(sign)\(letters[0])\(fraction.isEmpty ? "" : ".\(fraction)")e\(exponent)"
        }
        if exponent < 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent - 1))\(letters.joined())" }
        let whole = letters.prefix(exponent + 1).joined()
        let zeros = String(repeating: "0", count: max(0, exponent + 1 - letters.count))
        let fraction = letters.dropFirst(exponent + 1).joined()
        return "\(sign)\(whole)\(zeros)\(fraction.isEmpty ? "" : ".\(fraction)")"
    }

    private mutating func trim() {
        while digits.count > 1, digits.last == 0 { digits.removeLast() }
        if digits == [0] { exponent = 0 }
    }
}
