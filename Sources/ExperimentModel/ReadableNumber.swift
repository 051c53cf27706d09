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
