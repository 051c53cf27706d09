import ExperimentModel
import Glibc

/// One axis: which values it shows, where they lie, and which of them are named.
struct AxisScale {
    struct Tick {
        var value: Double
        var label: String
    }

    let lower: Double
    let upper: Double
    let isLogarithmic: Bool
    let ticks: [Tick]

    /// An axis over `values`, which are finite and below 1e300 in magnitude.
    ///
    /// - Parameters:
    ///   - isTight: ends at the data instead of at the next tick.
    ///   - isWhole: names whole numbers only.
    ///   - allowsLogarithm: chooses the logarithm for positive values that span more than three decades, or more than
    ///     one and a bit where `isCrowded`.
    ///   - isCrowded: most values lie close to the lowest, as the losses of a long training do.
    init(
        lowest: Double, highest: Double, ticks count: Int, isTight: Bool = false, isWhole: Bool = false,
        allowsLogarithm: Bool = false, isCrowded: Bool = false
    ) {
        isLogarithmic = allowsLogarithm && lowest > 0 && highest / lowest > (isCrowded ? 20 : 1000)
        if isLogarithmic {
            (lower, upper, ticks) = Self.logarithmic(lowest, highest, count)
        } else {
            (lower, upper, ticks) = Self.linear(lowest, highest, count, isTight, isWhole)
        }
    }

    /// Where a value lies between the ends of the axis, 0 to 1.
    func position(_ value: Double) -> Double {
        if isLogarithmic {
            guard value > 0 else { return 0 }
            return (log10(value) - log10(lower)) / (log10(upper) - log10(lower))
        }
        return (value - lower) / (upper - lower)
    }

    private static func linear(
        _ lowest: Double, _ highest: Double, _ count: Int, _ isTight: Bool, _ isWhole: Bool
    ) -> (Double, Double, [Tick]) {
        var low = lowest
        var high = highest
        // Below this width neighbouring floating-point numbers are the same picture.
        if high - low <= max(abs(low), abs(high)) * 1e-12 {
            let pad = low == 0 ? 1 : abs(low) * 0.1
            low -= pad
            high += pad
            if lowest >= 0 { low = max(0, low) }
        }
        let nice = niceStep((high - low) / Double(max(1, count)))
        let step = isWhole ? max(1, nice) : nice
        let first = (low / step + (isTight ? -1e-9 : 1e-9)).rounded(isTight ? .up : .down)
        let last = (high / step + (isTight ? 1e-9 : -1e-9)).rounded(isTight ? .down : .up)
        var ticks: [Tick] = []
        var index = first
        while index <= last, ticks.count < 40 {
            ticks.append(Tick(value: index * step, label: label(index * step, step: step)))
            index += 1
        }
        if isTight { return (low, high, ticks) }
        return (first * step, max(last * step, first * step + step), ticks)
    }

    private static func logarithmic(
        _ lowest: Double, _ highest: Double, _ count: Int
    ) -> (Double, Double, [Tick]) {
        let low = log10(lowest)
        let high = log10(highest)
        let first = Int(low.rounded(.down))
        let last = Int(high.rounded(.up))
        let every = max(1, (last - first + count) / (count + 1))
        // Powers of ten alone would leave a short axis with one or two names.
        let factors: [Double] = high - low < 2.3 ? [1, 2, 5] : [1]
        var ticks: [Tick] = []
        for power in stride(from: first, through: last, by: every) {
            for factor in factors {
                let value = factor * pow(10, Double(power))
                ticks.append(Tick(value: value, label: logarithmicLabel(value, power)))
            }
        }
        let floor = steps125(below: lowest, power: first)
        let ceiling = steps125(above: highest, power: last)
        return (floor, ceiling, ticks.filter { $0.value >= floor * 0.999 && $0.value <= ceiling * 1.001 })
    }

    private static func steps125(below value: Double, power: Int) -> Double {
        let base = pow(10, Double(power))
        return [5, 2, 1].map { $0 * base }.first { $0 <= value * 1.000_001 } ?? base
    }

    private static func steps125(above value: Double, power: Int) -> Double {
        let base = pow(10, Double(power - 1))
        return [1, 2, 5, 10].map { $0 * base }.first { $0 >= value * 0.999_999 } ?? base * 10
    }

    /// The next larger of 1, 2, 5 times a power of ten.
    static func niceStep(_ raw: Double) -> Double {
        guard raw.isFinite, raw > 0 else { return 1 }
        let power = pow(10, log10(raw).rounded(.down))
        for factor in [1.0, 2, 5] where raw <= factor * power * 1.000_001 { return factor * power }
        return 10 * power
    }

    /// `0.25`, `500`, `1.5k`, `20M`, `2e-5`: as many decimals as the distance of the ticks asks for.
    static func label(_ value: Double, step: Double) -> String {
        if abs(value) < step / 2 { return "0" }
        let magnitude = abs(value)
        if magnitude >= 1e12 || step < 1e-4 && magnitude < 1e-2 { return ReadableNumber.text(value, digits: 6) }
        for (factor, letter) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where magnitude >= factor * 0.999_999 {
            let decimals = Self.decimals(step / factor)
            if decimals <= 3 { return trimmed(SVGText.fixed(value / factor, decimals: decimals)) + letter }
        }
        return SVGText.fixed(value, decimals: min(12, decimals(step)))
    }

    private static func decimals(_ step: Double) -> Int { max(0, Int(-(log10(step) + 1e-9).rounded(.down))) }

    private static func logarithmicLabel(_ value: Double, _ power: Int) -> String {
        if power < -3 || power > 9 { return ReadableNumber.text(value) }
        return label(value, step: pow(10, Double(power)))
    }

    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = text
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}
