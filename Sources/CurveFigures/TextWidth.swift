/// How wide text will be, without asking for fonts: an estimate that is rather too large than too small.
enum TextWidth {
    static func estimate(_ text: String, size: Double, bold: Bool = false) -> Double {
        text.unicodeScalars.reduce(0) { $0 + ems($1) } * size * (bold ? 1.06 : 1)
    }

    /// The text, with its middle left out where it is wider than `width`: both ends tell metrics apart.
    static func shortened(_ text: String, to width: Double, size: Double) -> String {
        guard estimate(text, size: size) > width else { return text }
        let characters = Array(text)
        var kept = characters.count - 1
        while kept > 1 {
            let head = (kept + 1) / 2
            let candidate = String(characters.prefix(head)) + "…" + String(characters.suffix(kept - head))
            if estimate(candidate, size: size) <= width { return candidate }
            // Names can be megabytes long: approach in large steps.
            kept = min(kept - 1, max(1, Int(Double(kept) * 0.9)))
        }
        return String(characters.prefix(1)) + "…"
    }

    private static func ems(_ scalar: Unicode.Scalar) -> Double {
        switch scalar.value {
        case 0x300..<0x370, 0x200b...0x200f, 0xfe00...0xfe0f: 0
        case 0x1100..<0x1160, 0x2e80..<0xa4d0, 0xac00..<0xd7a4, 0xf900..<0xfb00, 0xfe30..<0xfe70, 0xff00..<0xff61,
            0x1f300..<0x1fb00, 0x20000..<0x40000:
            1
        default: latinEms(scalar)
        }
    }

    private static func latinEms(_ scalar: Unicode.Scalar) -> Double {
        switch scalar {
        case "i", "j", "l", "I", "'", ".", ",", ":", ";", "|", "!": 0.3
        case "f", "t", "r", "(", ")", "[", "]", "/", "-", " ": 0.4
        case "m", "w", "M", "W", "@", "%", "…": 0.92
        case "A"..."Z": 0.7
        default: 0.6
        }
    }
}
