/// The forms in which a secret is looked for: as it is, as JSON writes it, and each of its lines.
struct SecretText {
    /// Less cannot be told from other text.
    static let shortest = 6

    /// Longest first, each once, none shorter than `shortest`.
    let forms: [[UInt8]]

    /// - Parameters:
    ///   - secrets: values that somebody called secret.
    ///   - guesses: values that seem to be secret: only as a whole, because lines of a shell's function that is called
    ///     `token` stand in many a text.
    init(_ secrets: [String], guesses: [String] = []) {
        var forms: Set<[UInt8]> = []
        for text in secrets.flatMap({ [$0[...]] + $0.split(whereSeparator: \.isNewline) }) + guesses.map({ $0[...] }) {
            forms.formUnion([Array(text.utf8), Self.json(text, ascii: false), Self.json(text, ascii: true)])
        }
        self.forms = forms.filter { $0.count >= Self.shortest }
            .sorted { $0.count == $1.count ? $0.lexicographicallyPrecedes($1) : $0.count > $1.count }
    }

    /// Where secrets stand, from left to right; those that overlap are one place.
    func places(in text: UnsafeRawBufferPointer) -> [Range<Int>] {
        let found = forms.flatMap { text.all($0) }.sorted { $0.lowerBound < $1.lowerBound }
        var places: [Range<Int>] = []
        for place in found {
            if let last = places.last, place.lowerBound < last.upperBound {
                places[places.count - 1] = last.lowerBound..<max(last.upperBound, place.upperBound)
            } else {
                places.append(place)
            }
        }
        return places
    }

    /// The same for a text that does not go on: a secret that its end cuts off is not much less of one.
    func finalPlaces(in text: UnsafeRawBufferPointer) -> [Range<Int>] {
        var places = places(in: text)
        let unfinished = unfinished(in: text)
        guard unfinished >= Self.shortest else { return places }
        var start = text.count - unfinished
        while let last = places.last, last.upperBound > start { start = min(start, places.removeLast().lowerBound) }
        return places + [start..<text.count]
    }

    /// The length of the longest end of a text that more text could make a secret.
    func unfinished(in text: UnsafeRawBufferPointer) -> Int {
        var longest = 0
        for form in forms {
            for count in stride(from: min(form.count - 1, text.count), to: longest, by: -1)
            where text[(text.count - count)...].elementsEqual(form.prefix(count)) {
                longest = count
                break
            }
        }
        return longest
    }

    /// A text as a string of JSON has it (RFC 8259, section 7), with or without characters beyond ASCII.
    private static func json(_ text: Substring, ascii: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": bytes += [0x5c, UInt8(truncatingIfNeeded: scalar.value)]
            case "\u{8}": bytes += "\\b".utf8
            case "\t": bytes += "\\t".utf8
            case "\n": bytes += "\\n".utf8
            case "\u{c}": bytes += "\\f".utf8
            case "\r": bytes += "\\r".utf8
            case " "..."\u{7f}": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            case "\u{80}"... where !ascii: bytes += String(scalar).utf8
            default:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    bytes += "\\u\(String(repeating: "0", count: 4 - digits.utf8.count))\(digits)".utf8
                }
            }
        }
        return bytes
    }
}
