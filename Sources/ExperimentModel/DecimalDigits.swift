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
