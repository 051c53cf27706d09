/// A value in front matter: one line that Hugo, Obsidian and GitHub read alike.
package enum YAMLValue: Sendable, Hashable {
    case text(String)
    case number(Double)
    case boolean(Bool)
    /// A date or another value whose plain form is known to be right.
    case plain(String)
    case list([String])

    package var yaml: String {
        switch self {
        case .text(let text): Self.isSafePlain(text) ? text : Self.quotedText(text)
        case .number(let value) where value.isFinite: Self.number(value)
        case .number(let value): Self.quotedText(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
        case .boolean(let value): value ? "true" : "false"
        case .plain(let text): text
        case .list(let items): "[\(items.map { YAMLValue.text($0).yaml }.joined(separator: ", "))]"
        }
    }

    /// YAML 1.1, which some readers still speak, needs the point: `1e-05` would be text.
    private static func number(_ value: Double) -> String {
        let text = value.description
        if text.hasSuffix(".0") { return String(text.dropLast(2)) }
        guard let mark = text.firstIndex(of: "e"), !text[..<mark].contains(".") else { return text }
        return "\(text[..<mark]).0\(text[mark...])"
    }

    /// Text that no reader can take for a number, a boolean, a date or structure: letters first, then a few harmless
    /// characters.
    static func isSafePlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first.properties.isAlphabetic, text.last != " " else {
            return false
        }
        let isHarmless = text.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_./ ".unicodeScalars.contains($0)
        }
        return isHarmless && !reserved.contains(text.lowercased())
    }

    private static let reserved: Set<String> = [
        "y", "n", "yes", "no", "true", "false", "on", "off", "null", "nan", "inf", "infinity",
    ]

    /// A double-quoted scalar (YAML 1.2.2, section 7.3.1).
    package static func quotedText(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                let value = scalar.value
                if value < 0x20 || (0x7f...0xa0).contains(value) || value == 0x2028 || value == 0x2029
                    || value == 0xfeff
                {
                    let digits = String(value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    /// The text of a scalar as it stands in a file, quotes and escapes undone.
    static func decoded(_ raw: some StringProtocol) -> String {
        if raw.hasPrefix("'"), raw.hasSuffix("'"), raw.count > 1 {
            return String(raw.dropFirst().dropLast()).replacing("''", with: "'")
        }
        guard raw.hasPrefix("\""), raw.hasSuffix("\""), raw.count > 1 else { return String(raw) }
        var result = ""
        var rest = raw.dropFirst().dropLast().unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let escape = rest.popFirst() else {
                result.unicodeScalars.append(scalar)
                continue
            }
            switch escape {
            case "n": result += "\n"
            case "r": result += "\r"
            case "t": result += "\t"
            case "x", "u", "U":
                let count = escape == "x" ? 2 : escape == "u" ? 4 : 8
                let digits = rest.prefix(count).reduce(into: "") { $0.unicodeScalars.append($1) }
                rest = rest.dropFirst(count)
                if let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) {
                    result.unicodeScalars.append(scalar)
                }
            default: result.unicodeScalars.append(escape)
            }
        }
        return result
    }
}
