import HostSystem

/// Checks on YAML text, a recipe's or another's, that have to come before a YAML parser sees it.
///
/// The parser calls itself once per level of nesting, and hashes mapping keys through every alias: text made for the
/// purpose could end the process (by its stack) or keep it busy for ever. So depth is bounded here, on the bytes, by
/// counts that are never lower than the true ones; and anchors together with aliases are refused.
package enum YAMLText {
    static let largestSize = 1 << 20
    static let deepestFlow = 200
    static let widestIndentation = 200

    /// The text as a parser can take it: valid UTF-8 without a byte order mark.
    package static func checked(_ bytes: [UInt8]) throws(RecipeProblem) -> String {
        guard bytes.count <= largestSize else {
            throw tooLarge(bytes.count)
        }
        var body = bytes[...]
        if body.starts(with: [0xef, 0xbb, 0xbf]) { body = body.dropFirst(3) }
        if body.starts(with: [0xff, 0xfe]) || body.starts(with: [0xfe, 0xff]) {
            throw RecipeProblem(line: 1, reason: "the text is UTF-16", hint: "save it as UTF-8")
        }
        guard let text = String(validating: body, as: UTF8.self) else {
            throw RecipeProblem(
                line: lineOfInvalidText(body), reason: "the text is not UTF-8", hint: "save it as UTF-8")
        }
        try checkMergeMarks(text)
        try checkNesting(body)
        try checkAliases(body)
        return text
    }

    static func tooLarge(_ size: Int) -> RecipeProblem {
        RecipeProblem(
            reason: "\(size) bytes are too many for a recipe, which may have \(largestSize)",
            hint: "a recipe is a page of text; is this the right file?")
    }

    private static func lineOfInvalidText(_ bytes: ArraySlice<UInt8>) -> Int {
        var line = 1
        for part in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { return line }
            line += 1
        }
        return line
    }

    private static func checkMergeMarks(_ text: String) throws(RecipeProblem) {
        var line = 1
        for content in text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
            if content.starts(with: "<<<<<<< ".utf8) || content.starts(with: ">>>>>>> ".utf8) {
                throw RecipeProblem(line: line, reason: "a mark of a merge conflict", hint: "settle the conflict first")
            }
            line += 1
        }
    }

    private static func checkNesting(_ bytes: ArraySlice<UInt8>) throws(RecipeProblem) {
        var line = 1
        var open = 0
        var leading: Int? = 0
        for byte in bytes {
            switch byte {
            case 10, 13:
                if byte == 10 { line += 1 }
                leading = 0
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): open += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): open = max(0, open - 1)
            default: break
            }
            if let count = leading {
                leading = " -?:\t".utf8.contains(byte) ? count + 1 : nil
            }
            if open > deepestFlow || (leading ?? 0) > widestIndentation {
                throw RecipeProblem(
                    line: line, reason: "nested too deep", hint: "a recipe has at most four levels")
            }
        }
    }

    /// Refuses text in which an alias could refer to an anchor. Quotes are not looked at: that errs on the safe side.
    private static func checkAliases(_ bytes: ArraySlice<UInt8>) throws(RecipeProblem) {
        var anchorLine: Int?
        var hasAlias = false
        var line = 1
        var previous = UInt8(ascii: "\n")
        for (byte, next) in zip(bytes, bytes.dropFirst()) {
            if " \t\r\n[{,:-?".utf8.contains(previous), isAnchorName(next) {
                if byte == UInt8(ascii: "&"), anchorLine == nil { anchorLine = line }
                if byte == UInt8(ascii: "*") { hasAlias = true }
            }
            if byte == 10 { line += 1 }
            previous = byte
        }
        if let anchorLine, hasAlias {
            throw RecipeProblem(
                line: anchorLine, reason: "anchors (&name) and aliases (*name) are not read",
                hint: "write the value out in both places; quote text that begins with & or *")
        }
    }

    private static func isAnchorName(_ byte: UInt8) -> Bool {
        // libyaml takes these only; `&&` and `*(` in a pattern are text.
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "_-".utf8.contains(byte)
            || byte >= 0x80
    }
}

extension RecipeProblem: Error {}
