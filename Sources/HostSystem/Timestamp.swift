import Glibc

/// A moment of wall-clock time: seconds since 1970-01-01T00:00:00Z, with fractions.
package struct Timestamp: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    package let seconds: Double

    package init(seconds: Double) {
        self.seconds = seconds
    }

    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }

    package init(from decoder: any Decoder) throws {
        seconds = try decoder.singleValueContainer().decode(Double.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(seconds)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.seconds < right.seconds }

    /// RFC 3339 in UTC with milliseconds: `2026-11-23T10:12:44.120Z`. Times outside the years 1 to 9999 are clamped.
    package var description: String { text(fraction: true) }

    /// RFC 3339 in UTC to the second: `2026-11-23T10:12:44Z`.
    package var rfc3339: String { text(fraction: false) }

    /// The date in UTC: `2026-11-23`.
    package var date: String { String(rfc3339.prefix(10)) }

    private func text(fraction: Bool) -> String {
        let clamped = seconds.isFinite ? min(max(seconds, -62_135_596_800), 253_402_300_799) : 0
        let milliseconds = (clamped * 1000).rounded(.down)
        var whole = time_t((milliseconds / 1000).rounded(.down))
        let rest = Int(milliseconds - Double(whole) * 1000)
        var parts = tm()
        gmtime_r(&whole, &parts)
        var text = "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-"
        text += "\(padded(Int(parts.tm_mday), 2))T\(padded(Int(parts.tm_hour), 2)):"
        text += "\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
        return fraction ? "\(text).\(padded(rest, 3))Z" : "\(text)Z"
    }

    private func padded(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

/// Seconds of a clock that never jumps (CLOCK_MONOTONIC), for durations.
package func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
