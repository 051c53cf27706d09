/// Text of others as Markdown that shows exactly that text.
package enum MarkdownText {
    /// A code span (CommonMark 0.31, section 6.1), with a fence longer than any in the text. One line.
    package static func code(_ text: String) -> String {
        let line = oneLine(text)
        if line.isEmpty { return "" }
        let fence = String(repeating: "`", count: longestRun(of: "`", in: line) + 1)
        let needsBlank = line.hasPrefix("`") || line.hasSuffix("`")
        return needsBlank ? "\(fence) \(line) \(fence)" : fence + line + fence
    }

    /// A fenced code block with the text as it is, but for control characters.
    package static func fenced(_ text: String, language: String = "") -> String {
        let clean = withoutControls(text)
        let fence = String(repeating: "`", count: max(3, longestRun(of: "`", in: clean) + 1))
        return "\(fence)\(language)\n\(clean)\(clean.hasSuffix("\n") || clean.isEmpty ? "" : "\n")\(fence)"
    }

    /// Plain text with everything escaped that Markdown or HTML would read. One line.
    package static func plain(_ text: String) -> String {
        var result = ""
        for character in oneLine(text) {
            if "\\`*_[]<>&|#~$".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }

    /// A table (GitHub Flavored Markdown, section 4.10). Cells are Markdown already.
    package static func table(_ header: [String], _ rows: [[String]], alignRight: Set<Int> = []) -> String {
        let rule = header.indices.map { alignRight.contains($0) ? "---:" : "---" }
        return ([header, rule] + rows).map { row in
            "| \(row.map(cell).joined(separator: " | ")) |"
        }.joined(separator: "\n")
    }

    /// In a table even a code span has to hide its bars.
    private static func cell(_ text: String) -> String {
        var result = ""
        for character in text {
            if character == "|", !result.hasSuffix("\\") { result.append("\\") }
            result.append(character)
        }
        return result
    }

    /// A path as the target of a link, with what a URL forbids in percent signs.
    package static func link(_ path: String) -> String {
        var result = ""
        for scalar in path.unicodeScalars {
            let isWord = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            if !scalar.isASCII || isWord || "/-_.~".unicodeScalars.contains(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }

    /// Without escape sequences of terminals (ECMA-48) and control characters, but for tabs and line feeds.
    package static func withoutControls(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar.value == 0x1b {
                if rest.first == "[" {
                    rest = rest.dropFirst().drop { !(0x40...0x7e).contains($0.value) }.dropFirst()
                } else if rest.first == "]" {
                    rest = rest.drop { $0.value != 0x07 && $0.value != 0x1b }.dropFirst()
                } else {
                    rest = rest.dropFirst()
                }
                continue
            }
            let isControl = scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
            if !isControl || scalar == "\n" || scalar == "\t" { result.append(scalar) }
        }
        return String(result)
    }

    private static func oneLine(_ text: String) -> String {
        withoutControls(text.replacing("\r\n", with: " ").replacing("\n", with: " ").replacing("\t", with: " "))
    }

    private static func longestRun(of character: Character, in text: String) -> Int {
        var longest = 0
        var run = 0
        for one in text {
            run = one == character ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}
