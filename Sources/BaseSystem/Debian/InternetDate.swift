import Glibc
import HostSystem

/// Dates as the files of a Debian archive and Bunsen's locks write them.
enum InternetDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `2026-11-23T10:12:44Z` (RFC 3339, in UTC).
    static func timestamp(rfc3339 text: String) -> Timestamp? {
        let parts = text.split(separator: "T", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].hasSuffix("Z"), text.utf8.count == 20 else { return nil }
        let date = parts[0].split(separator: "-").map { Int32($0) }
        guard date.count == 3 else { return nil }
        return timestamp(year: date[0], month: date[1], day: date[2], time: parts[1].dropLast())
    }

    /// `Mon, 23 Nov 2026 10:12:44 UTC`: what a Release file has in its `Date` field.
    static func timestamp(release text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, ["UTC", "GMT", "+0000"].contains(parts[5]) else { return nil }
        let month = months.firstIndex(of: String(parts[2])).map { Int32($0) + 1 }
        return timestamp(year: Int32(parts[3]), month: month, day: Int32(parts[1]), time: parts[4])
    }

    private static func timestamp(year: Int32?, month: Int32?, day: Int32?, time: Substring) -> Timestamp? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { Int32($0) }
        guard let year, let month, let day, clock.count == 3, let hour = clock[0], let minute = clock[1],
            let second = clock[2], (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = month - 1
        parts.tm_mday = day
        parts.tm_hour = hour
        parts.tm_min = minute
        parts.tm_sec = second
        return Timestamp(seconds: Double(timegm(&parts)))
    }
}
