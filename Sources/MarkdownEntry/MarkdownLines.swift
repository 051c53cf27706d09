/// A line of a file: where its bytes lie, with and without its line end.
struct MarkdownLine {
    /// From 1.
    let number: Int
    /// Content without the line end.
    let content: Range<Int>
    /// Content with the line end.
    let whole: Range<Int>
}

/// Bytes as lines that end in LF or CRLF, and what is asked of a line.
struct MarkdownLines {
    let bytes: [UInt8]
    let lines: [MarkdownLine]

    init(_ bytes: [UInt8], from start: Int = 0) {
        self.bytes = bytes
        var lines: [MarkdownLine] = []
        var begin = start
        var index = start
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n") {
                let end = index > begin && bytes[index - 1] == UInt8(ascii: "\r") ? index - 1 : index
                lines.append(MarkdownLine(number: lines.count + 1, content: begin..<end, whole: begin..<index + 1))
                begin = index + 1
            }
            index += 1
        }
        if begin < bytes.count {
            lines.append(
                MarkdownLine(number: lines.count + 1, content: begin..<bytes.count, whole: begin..<bytes.count))
        }
        self.lines = lines
    }

    /// The content of a line without blanks at its end.
    func trimmed(_ line: MarkdownLine) -> ArraySlice<UInt8> {
        var content = bytes[line.content]
        while let last = content.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { content.removeLast() }
        return content
    }

    func text(_ line: MarkdownLine) -> String { String(decoding: trimmed(line), as: UTF8.self) }

    func isBlank(_ line: MarkdownLine) -> Bool { trimmed(line).isEmpty }
}

/// Follows fenced code blocks (CommonMark 0.31, section 4.5): what stands in one is not Markdown.
struct FenceTracker {
    private var open: (character: UInt8, length: Int)?

    var isInside: Bool { open != nil }

    /// Takes the next line; true when it belongs to a fenced code block, its fences included.
    mutating func takes(_ content: ArraySlice<UInt8>) -> Bool {
        let unindented = content.drop { $0 == UInt8(ascii: " ") }
        guard content.count - unindented.count <= 3, let character = unindented.first,
            character == UInt8(ascii: "`") || character == UInt8(ascii: "~")
        else { return open != nil }
        let rest = unindented.drop { $0 == character }
        let length = unindented.count - rest.count
        if let fence = open {
            let isBlank = rest.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            if character == fence.character, length >= fence.length, isBlank { open = nil }
            return true
        }
        guard length >= 3, character == UInt8(ascii: "~") || !rest.contains(UInt8(ascii: "`")) else { return false }
        open = (character, length)
        return true
    }
}
