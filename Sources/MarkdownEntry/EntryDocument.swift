/// An entry, taken apart so that Bunsen's parts can be replaced and every other byte stays.
package struct EntryDocument: Sendable {
    enum Piece: Sendable, Hashable {
        /// A person's.
        case text([UInt8])
        case block(OwnedBlock)

        var bytes: [UInt8] {
            switch self {
            case .text(let bytes): bytes
            case .block(let block): block.source
            }
        }
    }

    /// For messages.
    package let path: String
    let mark: [UInt8]
    /// Nil where the file has none: then none is added.
    package internal(set) var frontMatter: FrontMatter?
    var pieces: [Piece]
    package let lineEnding: LineEnding

    /// The whole file.
    package var bytes: [UInt8] { mark + (frontMatter?.bytes ?? []) + pieces.flatMap(\.bytes) }

    package var blocks: [OwnedBlock] {
        pieces.compactMap { if case .block(let block) = $0 { block } else { nil } }
    }

    /// Takes an entry apart. Throws `EntryProblems` with every place where it cannot be understood.
    package init(parsing bytes: [UInt8], path: String) throws(EntryProblems) {
        self.path = path
        mark = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? [0xef, 0xbb, 0xbf] : []
        lineEnding = LineEnding(of: bytes)
        let lines = MarkdownLines(bytes, from: mark.count)
        var problems: [EntryProblems.Problem] = []
        let header = FrontMatter.find(in: lines, problems: &problems)
        frontMatter = header?.matter
        var parser = BlockParser(lines)
        parser.parse(from: header?.end ?? 0)
        pieces = parser.pieces
        problems += parser.problems
        problems.sort { $0.line < $1.line }
        if !problems.isEmpty { throw EntryProblems(path: path, problems: problems) }
    }
}

/// Finds the owned blocks in the body of an entry.
private struct BlockParser {
    private let lines: MarkdownLines
    private(set) var pieces: [EntryDocument.Piece] = []
    private(set) var problems: [EntryProblems.Problem] = []
    private var fence = FenceTracker()
    private var textStart = 0
    private var names: Set<String> = []

    init(_ lines: MarkdownLines) {
        self.lines = lines
    }

    mutating func parse(from start: Int) {
        var index = start
        textStart = index < lines.lines.count ? lines.lines[index].whole.lowerBound : lines.bytes.count
        while index < lines.lines.count {
            let line = lines.lines[index]
            let content = lines.trimmed(line)
            switch BlockMarker(content) {
            case .begin(let name, let digest):
                index = takeBlock(name, digest, at: index)
                // Bunsen's blocks close their own fences, so a person's open fence does not reach beyond one.
                fence = FenceTracker()
                continue
            case .end: if !fence.isInside { report(.strayEnd, line) }
            case .malformed: if !fence.isInside { report(.malformedMarker, line) }
            case nil: break
            }
            let isCode = fence.takes(content)
            if !isCode, ConflictMark.isMark(content) { report(.conflictMark, line) }
            index += 1
        }
        closeText(at: lines.bytes.count)
    }

    /// Returns the index of the line after the block.
    private mutating func takeBlock(_ name: String, _ digest: String, at start: Int) -> Int {
        let first = lines.lines[start]
        closeText(at: first.whole.lowerBound)
        if !names.insert(name).inserted { report(.duplicateBlock(name), first) }
        var index = start + 1
        var conflicts: [MarkdownLine] = []
        while index < lines.lines.count {
            let line = lines.lines[index]
            let trimmed = lines.trimmed(line)
            switch BlockMarker(trimmed) {
            case .begin(let inner, _):
                conflicts.forEach { report(.conflictMark, $0) }
                report(.nestedBlock(inner, inside: name), line)
                textStart = first.whole.lowerBound
                return index
            case .end:
                let content = Array(lines.bytes[first.whole.upperBound..<line.whole.lowerBound])
                let block = OwnedBlock(
                    name: name, recordedDigest: digest, content: content,
                    source: Array(lines.bytes[first.whole.lowerBound..<line.whole.upperBound]), line: first.number)
                // A program's output may hold such marks; only a conflict changes the digest.
                if !conflicts.isEmpty, block.isEdited { conflicts.forEach { report(.conflictMark, $0) } }
                pieces.append(.block(block))
                textStart = line.whole.upperBound
                return index + 1
            case .malformed: report(.malformedMarker, line)
            case nil: if ConflictMark.isMark(trimmed) { conflicts.append(line) }
            }
            index += 1
        }
        conflicts.forEach { report(.conflictMark, $0) }
        report(.unclosedBlock(name), first)
        textStart = first.whole.lowerBound
        return index
    }

    private mutating func closeText(at end: Int) {
        if end > textStart { pieces.append(.text(Array(lines.bytes[textStart..<end]))) }
        textStart = end
    }

    private mutating func report(_ kind: EntryProblems.Kind, _ line: MarkdownLine) {
        problems.append(EntryProblems.Problem(kind: kind, line: line.number))
    }
}

/// The lines that git leaves where two versions disagree.
enum ConflictMark {
    /// `=======` alone is an underline of a heading in Markdown, so only the outer marks count.
    static func isMark(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first, [UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "|")].contains(first) else {
            return false
        }
        let rest = line.drop { $0 == first }
        return line.count - rest.count == 7 && (rest.isEmpty || rest.first == UInt8(ascii: " "))
            && (first != UInt8(ascii: "|") || !rest.isEmpty && !rest.contains(UInt8(ascii: "|")))
    }
}
