/// A number of bytes written as Docker writes it: `512m`, `32g`, `1073741824`. Units are powers of 1024.
package struct MemorySize: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let bytes: Int64
    /// As written, in lower case.
    package let description: String

    package init?(_ text: String) {
        let lower = text.lowercased()
        let digits = lower.prefix { $0.isASCII && $0.isNumber }
        let unit = lower.dropFirst(digits.count)
        let shifts: [Substring: Int64] = [
            "": 0, "b": 0, "k": 10, "kb": 10, "m": 20, "mb": 20, "g": 30, "gb": 30, "t": 40,
        ]
        guard digits.count <= 15, let number = Int64(digits), number > 0, let shift = shifts[unit] else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        guard !overflow else { return nil }
        self.bytes = bytes
        self.description = lower
    }

    package static func < (left: MemorySize, right: MemorySize) -> Bool { left.bytes < right.bytes }
}
