import Glibc

/// How exactly a stream of numbers was printed: the most decimals (`%.4f`) and the most significant digits (`%.4g`)
/// that any of them needs. A single number would not do: 0.5300 reads as 0.53.
struct PrintedPrecision {
    private(set) var decimals = 0
    private(set) var digits = 1

    /// Digits from which a number counts as printed in full.
    private static let full = 9

    /// - Parameter isPrinted: false for values that come from a file, which are never rounded for a reader.
    init(_ points: [PointStream.Point], isPrinted: Bool) {
        guard isPrinted else {
            (decimals, digits) = (17, 17)
            return
        }
        for point in points where point.value.isFinite && point.value != 0 {
            let needed = Self.needed(point.value.magnitude)
            decimals = max(decimals, needed.decimals)
            digits = max(digits, needed.digits)
            if digits >= Self.full, decimals >= Self.full {
                (decimals, digits) = (17, 17)
                return
            }
        }
    }

    /// The distance between neighbouring numbers near `value`, as printed.
    func quantum(at value: Double) -> Double {
        let magnitude = value.magnitude
        guard magnitude > 0, magnitude.isFinite else { return pow(10, -Double(decimals)) }
        let exponent = floor(log10(magnitude)) + 1 - Double(digits)
        return max(pow(10, -Double(decimals)), pow(10, exponent))
    }

    /// Decimals and significant digits of the shortest decimal form; zeros before the point count as digits.
    static func needed(_ magnitude: Double) -> (decimals: Int, digits: Int) {
        let text = Array(magnitude.description.utf8)
        let exponentStart = text.firstIndex(of: UInt8(ascii: "e"))
        let mantissa = text[..<(exponentStart ?? text.count)]
        let written = exponentStart.flatMap { Int(String(decoding: text[($0 + 1)...], as: UTF8.self)) } ?? 0
        let parts = mantissa.split(separator: UInt8(ascii: "."))
        let whole = parts.first ?? []
        var fraction = parts.count > 1 ? parts[1] : []
        if fraction.elementsEqual([UInt8(ascii: "0")]) { fraction = [] }
        let decimals = max(0, fraction.count - written)
        let significant = (Array(whole) + Array(fraction)).drop { $0 == UInt8(ascii: "0") }.count
        return (decimals, max(1, significant + max(0, written - fraction.count)))
    }
}

/// The comparison of two values of one step that came on different ways.
struct ValueAgreement {
    var left: PrintedPrecision
    var right: PrintedPrecision

    /// The value to keep when both are the same number up to the printed digits, else nil.
    ///
    /// The more precise one is kept; where one is only the other rounded to 32 bits, the shorter: 0.0003, not
    /// 0.0003000000142492354.
    @inline(__always)
    func merged(_ first: Double, _ second: Double) -> Double? {
        if first == second { return first }
        return mergedUnequal(first, second)
    }

    @inline(never)
    private func mergedUnequal(_ first: Double, _ second: Double) -> Double? {
        if first.isNaN || second.isNaN { return first.isNaN && second.isNaN ? .nan : nil }
        guard first.isFinite, second.isFinite else { return nil }
        if Float(first) == Float(second) {
            return PrintedPrecision.needed(first.magnitude).digits <= PrintedPrecision.needed(second.magnitude).digits
                ? first : second
        }
        let steps = (left.quantum(at: first), right.quantum(at: second))
        // A little more than half a step: the printed number was rounded from binary.
        guard (first - second).magnitude <= 0.5001 * max(steps.0, steps.1) else { return nil }
        return steps.0 <= steps.1 ? first : second
    }
}
