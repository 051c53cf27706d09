/// The YAML block at the head of an entry: flat keys, kept byte for byte but for the values that are set.
package struct FrontMatter: Sendable, Hashable {
    /// A top-level key and the lines that belong to it.
    private struct Field: Sendable, Hashable {
        var key: String
        /// The first line up to and with the colon.
        var head: [UInt8]
        /// The rest of the first line and the lines that continue the value, line ends included.
        var tail: [UInt8]
    }

    private enum Piece: Sendable, Hashable {
        case field(Field)
        /// Comments, blank lines and what is not understood.
        case other([UInt8])
    }

    private var opening: [UInt8]
    private var pieces: [Piece]
    private var closing: [UInt8]
    private let ending: LineEnding

    /// A new one.
    package init(_ values: [(key: String, value: YAMLValue)], lineEnding: LineEnding = .lf) {
        opening = lineEnding.applied(to: Array("---\n".utf8))
        closing = opening
        pieces = []
        ending = lineEnding
        for (key, value) in values { set(key, value) }
    }

    package var bytes: [UInt8] {
        let middle = pieces.flatMap { piece in
            switch piece {
            case .field(let field): field.head + field.tail
            case .other(let bytes): bytes
            }
        }
        return opening + middle + closing
    }

    package var keys: [String] {
        pieces.compactMap { if case .field(let field) = $0 { field.key } else { nil } }
    }

    /// The text of a value on one line, without its quotes; nil where the key is missing.
    package func text(_ key: String) -> String? {
        for case .field(let field) in pieces where field.key == key {
            let line = field.tail.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            return YAMLValue.decoded(Self.scalar(in: String(decoding: line, as: UTF8.self)).value)
        }
        return nil
    }

    /// Replaces the value of a key where it stands, or adds the key at the end. A comment behind the value stays.
    package mutating func set(_ key: String, _ value: YAMLValue) {
        let lineEnd = String(decoding: ending.applied(to: [UInt8(ascii: "\n")]), as: UTF8.self)
        for (index, piece) in pieces.enumerated() {
            guard case .field(var field) = piece, field.key == key else { continue }
            let line = field.tail.prefix { $0 != UInt8(ascii: "\n") }
            var text = String(decoding: line, as: UTF8.self)
            if text.hasSuffix("\r") { text.removeLast() }
            let comment = Self.scalar(in: text).comment
            field.tail = Array(" \(value.yaml)\(comment)\(lineEnd)".utf8)
            pieces[index] = .field(field)
            return
        }
        pieces.append(
            .field(Field(key: key, head: Array("\(key):".utf8), tail: Array(" \(value.yaml)\(lineEnd)".utf8))))
    }

    /// Splits the rest of a line after `key:` into the value and the comment with the blanks before it.
    private static func scalar(in line: String) -> (value: Substring, comment: Substring) {
        let text = line.drop { $0 == " " || $0 == "\t" }
        var quote: Character?
        var isEscaped = false
        var previous: Character = " "
        var end = text.endIndex
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\", open == "\"" {
                    isEscaped = true
                } else if character == open {
                    quote = nil
                }
            } else if character == "\"" || character == "'", index == text.startIndex || "[, ".contains(previous) {
                quote = character
            } else if character == "#", previous == " " || previous == "\t" {
                end = index
                break
            }
            previous = character
        }
        var value = text[..<end]
        while let last = value.last, last == " " || last == "\t" { value.removeLast() }
        let rest = text[value.endIndex...]
        return (value, rest.contains("#") ? rest : "")
    }

    /// The front matter at the head of a file and the index of the line after it.
    static func find(
        in lines: MarkdownLines, problems: inout [EntryProblems.Problem]
    ) -> (matter: FrontMatter, end: Int)? {
        guard let first = lines.lines.first else { return nil }
        let opening = lines.text(first)
        if opening == "+++" { problems.append(.init(kind: .foreignFrontMatter("TOML"), line: 1)) }
        if opening.hasPrefix("{"), !opening.hasPrefix("{{"), !opening.hasPrefix("{%") {
            problems.append(.init(kind: .foreignFrontMatter("JSON"), line: 1))
        }
        guard opening == "---" else { return nil }
        guard let end = lines.lines.dropFirst().firstIndex(where: { ["---", "..."].contains(lines.text($0)) }) else {
            problems.append(.init(kind: .unclosedFrontMatter, line: 1))
            return nil
        }
        var matter = FrontMatter([], lineEnding: LineEnding(of: Array(lines.bytes[first.whole])))
        matter.opening = Array(lines.bytes[first.whole])
        matter.closing = Array(lines.bytes[lines.lines[end].whole])
        var seen: Set<String> = []
        for line in lines.lines[1..<end] { matter.take(line, lines, &seen, &problems) }
        return (matter, end + 1)
    }

    private mutating func take(
        _ line: MarkdownLine, _ lines: MarkdownLines, _ seen: inout Set<String>,
        _ problems: inout [EntryProblems.Problem]
    ) {
        let content = lines.trimmed(line)
        let whole = Array(lines.bytes[line.whole])
        if ConflictMark.isMark(content) { problems.append(.init(kind: .conflictMark, line: line.number)) }
        if let key = Self.key(content) {
            if !seen.insert(key).inserted { problems.append(.init(kind: .duplicateKey(key), line: line.number)) }
            let head = content.prefix { $0 != UInt8(ascii: ":") }.count + 1
            pieces.append(.field(Field(key: key, head: Array(whole.prefix(head)), tail: Array(whole.dropFirst(head)))))
            return
        }
        let body = content.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let isIndented =
            body.count < content.count || body.starts(with: Array("- ".utf8)) || content == [UInt8(ascii: "-")]
        if isIndented, !body.isEmpty, body.first != UInt8(ascii: "#"), case .field(var field)? = pieces.last {
            field.tail += whole
            pieces[pieces.count - 1] = .field(field)
        } else {
            pieces.append(.other(whole))
        }
    }

    private static func key(_ content: ArraySlice<UInt8>) -> String? {
        let name = content.prefix { $0 != UInt8(ascii: ":") }
        guard !name.isEmpty, name.count < content.count, name.count <= 100 else { return nil }
        let text = String(decoding: name, as: UTF8.self)
        let after = content.dropFirst(name.count + 1).first
        guard after == nil || after == UInt8(ascii: " ") || after == UInt8(ascii: "\t") else { return nil }
        let isName = text.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_" || $0 == "-"
        }
        return isName && !text.hasPrefix("-") ? text : nil
    }
}
