/// Numbers as people read them.
enum Words {
    /// `0.4 s`, `41 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "?" }
        if seconds < 10 { return "\((seconds * 10).rounded() / 10) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        if whole < 86400 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
        return "\(whole / 86400) d \(whole % 86400 / 3600) h"
    }

    static func bytes(_ count: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\((value * 10).rounded() / 10) \(units[unit])"
    }

    /// Four significant digits.
    static func number(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value.isNaN ? "NaN" : value == 0 ? "0" : "\(value)" }
        var scale = 1.0
        var magnitude = abs(value)
        while magnitude >= 10_000, scale > 1e-300 { (magnitude, scale) = (magnitude / 10, scale / 10) }
        while magnitude < 1_000, scale < 1e300 { (magnitude, scale) = (magnitude * 10, scale * 10) }
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : rounded.description
    }
}
