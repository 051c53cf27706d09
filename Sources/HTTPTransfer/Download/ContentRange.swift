/// `bytes 200-999/1000` and `bytes */1000` (RFC 9110, section 14.4).
package struct ContentRange: Sendable, Hashable {
    /// Nil in the second form.
    package let first: Int64?
    package let last: Int64?
    package let total: Int64?

    package init?(_ text: String) {
        let parts = text.trimmed.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
        let halves = parts[1].split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        total = Self.number(halves[1])
        if halves[1] != "*", total == nil { return nil }
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        if halves[0] == "*" {
            first = nil
            last = nil
            return
        }
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last,
            total.map({ last < $0 }) ?? true
        else { return nil }
        self.first = first
        self.last = last
    }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? Int64(text) : nil
    }
}
