/// A package requirement (PEP 508), checked for its shape only: uv is the judge of the rest.
package struct Requirement: Sendable, Hashable, CustomStringConvertible {
    /// As written, without white space around it.
    package let text: String
    /// The name in the normal form of PEP 503: lower case, `-` between words.
    package let name: String

    package var description: String { text }

    package init?(_ source: String) {
        var text = Substring(source)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        let bytes = Array(text.utf8)
        guard bytes.count <= 1024, bytes.allSatisfy({ $0 >= 32 && $0 != 127 }) else { return nil }
        let nameEnd = bytes.firstIndex { !Self.isNameByte($0) } ?? bytes.count
        guard let first = bytes.first, Self.isLetterOrDigit(first), nameEnd > 0,
            Self.isLetterOrDigit(bytes[nameEnd - 1])
        else { return nil }
        var rest = bytes[nameEnd...].drop { $0 == UInt8(ascii: " ") }
        if rest.first == UInt8(ascii: "[") {
            guard let close = rest.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let extras = rest[(rest.startIndex + 1)..<close]
            guard extras.allSatisfy({ Self.isNameByte($0) || $0 == UInt8(ascii: ",") || $0 == 32 }) else { return nil }
            rest = rest[(close + 1)...].drop { $0 == UInt8(ascii: " ") }
        }
        if let next = rest.first {
            guard "<>=!~(@;".utf8.contains(next), rest.count > 1 else { return nil }
            // `numpy=1.26` is conda's form; pip's has two signs.
            if next == UInt8(ascii: "=") && rest.dropFirst().first != UInt8(ascii: "=") { return nil }
        }
        self.text = String(text)
        self.name = Self.normalized(String(decoding: bytes[..<nameEnd], as: UTF8.self))
    }

    /// The normal form of a package's name (PEP 503).
    package static func normalized(_ name: String) -> String {
        var bytes: [UInt8] = []
        for byte in name.lowercased().utf8 {
            let isSeparator = "-_.".utf8.contains(byte)
            if isSeparator && bytes.last == UInt8(ascii: "-") { continue }
            bytes.append(isSeparator ? UInt8(ascii: "-") : byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || "-_.".utf8.contains(byte) }
}
