import CCurl
import HostSystem

/// How long to wait before a request is sent again.
package struct RetryPolicy: Sendable {
    /// Seconds before the second attempt; doubled for each one after it, with a random part so that many clients do
    /// not come back at once.
    package var firstDelay = 0.5
    package var longestDelay = 20.0
    /// A server that asks for a longer pause than this is not waited for.
    package var longestRetryAfter = 120.0

    package init() {}

    /// Answers that pass: the server is busy, or a machine behind it is away.
    package static func isPassing(_ status: Int) -> Bool { [408, 429, 500, 502, 503, 504].contains(status) }

    /// Seconds to wait after the attempt of a number (from 1), or nil when waiting makes no sense.
    ///
    /// - Parameter retryAfter: the header of that name (RFC 9110, section 10.2.3).
    package func delay(afterAttempt attempt: Int, retryAfter: String?, now: Timestamp = .now) -> Double? {
        if let asked = retryAfter.flatMap({ Self.seconds(retryAfter: $0, now: now) }) {
            return asked <= longestRetryAfter ? asked : nil
        }
        let doubled = firstDelay * Double(1 << min(20, max(0, attempt - 1)))
        return min(longestDelay, doubled) * Double.random(in: 0.75...1.25)
    }

    /// Seconds or a date; nil for what is neither.
    package static func seconds(retryAfter text: String, now: Timestamp) -> Double? {
        let text = text.trimmed
        if !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) { return Double(text) }
        guard text.utf8.count < 64 else { return nil }
        let date = curl_getdate(text, nil)
        return date < 0 ? nil : max(0, Double(date) - now.seconds)
    }
}

extension StringProtocol {
    /// Without blanks and line ends at both ends.
    package var trimmed: String {
        let isBlank = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) }
        var rest = Array(utf8)[...]
        while let byte = rest.first, isBlank(byte) { rest.removeFirst() }
        while let byte = rest.last, isBlank(byte) { rest.removeLast() }
        return String(decoding: rest, as: UTF8.self)
    }
}
