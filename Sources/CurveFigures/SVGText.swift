import ExperimentModel
import Glibc

/// An SVG document that grows.
struct SVGText {
    private(set) var text = ""

    mutating func line(_ text: String) {
        self.text += text
        self.text += "\n"
    }

    /// Text as XML content or attribute value: escaped, and without the characters that XML 1.0 forbids (section 2.2).
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n", "\r": result += " "
            default:
                let value = scalar.value
                let isForbidden = value < 0x20 || (0x7f..<0xa0).contains(value) || value == 0xfffe || value == 0xffff
                // Marks that turn the direction of writing would turn the rest of the label too.
                let turnsDirection = (0x202a...0x202e).contains(value) || (0x2066...0x2069).contains(value)
                result.unicodeScalars.append(isForbidden || turnsDirection ? "\u{fffd}" : scalar)
            }
        }
        return result
    }

    /// A coordinate in pixels with at most one decimal.
    static func coordinate(_ value: Double) -> String {
        let text = fixed(value, decimals: 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// A number with exactly so many decimals.
    static func fixed(_ value: Double, decimals: Int) -> String {
        let scale = pow(10, Double(decimals))
        guard let scaled = Int64(exactly: (value * scale).rounded()) else { return ReadableNumber.text(value) }
        let digits = String(scaled.magnitude)
        let sign = scaled < 0 ? "-" : ""
        if decimals <= 0 { return sign + digits }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.utf8.count)) + digits
        return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
