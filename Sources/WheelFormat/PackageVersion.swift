/// A version of a package (PEP 440), compared for equality only.
package struct PackageVersion: Sendable, Hashable, CustomStringConvertible {
    /// The normal form, such as `1.0rc1.post2+cu128`.
    package let normalized: String
    /// The normal form without zeros at the end of the release: 1.0 and 1.0.0 are one version.
    private let key: String

    package var description: String { normalized }

    package static func == (left: Self, right: Self) -> Bool { left.key == right.key }

    package func hash(into hasher: inout Hasher) { hasher.combine(key) }

    /// Nil when the text is no version.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 1000, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        var scanner = Scanner(text.lowercased().utf8.drop { $0 == 32 || $0 == 9 })
        while let last = scanner.rest.last, [9, 10, 13, 32].contains(last) { scanner.rest.removeLast() }
        _ = scanner.take("v")
        var epoch = ""
        guard var first = scanner.number() else { return nil }
        if scanner.take("!") {
            if first != "0" { epoch = "\(first)!" }
            guard let number = scanner.number() else { return nil }
            first = number
        }
        var release = [first]
        while scanner.next == UInt8(ascii: "."), let digit = scanner.after, Scanner.isDigit(digit) {
            _ = scanner.take(".")
            guard let number = scanner.number() else { return nil }
            release.append(number)
        }
        var suffix = ""
        for (words, name) in [
            (["alpha", "a"], "a"), (["beta", "b"], "b"), (["preview", "pre", "c", "rc"], "rc"),
        ] {
            guard let number = scanner.segment(words) else { continue }
            suffix += name + number
            break
        }
        if let number = scanner.segment(["post", "rev", "r"]) {
            suffix += ".post\(number)"
        } else if scanner.next == UInt8(ascii: "-"), let digit = scanner.after, Scanner.isDigit(digit) {
            _ = scanner.take("-")
            suffix += ".post\(scanner.number() ?? "0")"
        }
        if let number = scanner.segment(["dev"]) { suffix += ".dev\(number)" }
        if scanner.take("+") {
            guard let local = scanner.local() else { return nil }
            suffix += "+\(local)"
        }
        guard scanner.rest.isEmpty else { return nil }
        normalized = epoch + release.joined(separator: ".") + suffix
        while release.count > 1, release.last == "0" { release.removeLast() }
        key = epoch + release.joined(separator: ".") + suffix
    }
}

private struct Scanner {
    var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) {
        rest = Array(bytes)[...]
    }

    var next: UInt8? { rest.first }
    var after: UInt8? { rest.dropFirst().first }

    static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    static func isSeparator(_ byte: UInt8) -> Bool { "-_.".utf8.contains(byte) }

    mutating func take(_ word: String) -> Bool {
        guard rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        return true
    }

    /// Digits without leading zeros, nil where there are none. Kept as text, because dates and the like can be long.
    mutating func number() -> String? {
        let digits = rest.prefix(while: Self.isDigit)
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        return significant.isEmpty ? "0" : String(decoding: significant, as: UTF8.self)
    }

    /// A word that may stand behind a separator and before one and a number; without a number it is 0.
    mutating func segment(_ words: [String]) -> String? {
        var look = self
        if let byte = look.next, Self.isSeparator(byte) { look.rest = look.rest.dropFirst() }
        guard words.contains(where: { look.take($0) }) else { return nil }
        var behind = look
        if let byte = behind.next, Self.isSeparator(byte) { behind.rest = behind.rest.dropFirst() }
        if let number = behind.number() {
            self = behind
            return number
        }
        self = look
        return "0"
    }

    /// Letters and digits between separators, which become dots.
    mutating func local() -> String? {
        var parts: [String] = []
        for part in rest.split(omittingEmptySubsequences: false, whereSeparator: Self.isSeparator) {
            guard !part.isEmpty, part.allSatisfy({ Self.isDigit($0) || (97...122).contains($0) }) else {
                return nil
            }
            let text = String(decoding: part, as: UTF8.self)
            var number = Scanner(part)
            parts.append(part.allSatisfy(Self.isDigit) ? number.number() ?? text : text)
        }
        rest = []
        return parts.joined(separator: ".")
    }
}
