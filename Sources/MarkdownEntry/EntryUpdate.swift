/// New content of an owned block.
package struct BlockContent: Sendable, Hashable {
    package let name: String
    /// Markdown with LF line ends; empty for a block that has nothing to say.
    package let content: String

    package init(name: String, content: String) {
        self.name = name
        self.content = content
    }
}

/// What an update did.
package struct EntryUpdate: Sendable, Hashable {
    /// Blocks that a person had edited and that were written over, by force.
    package var overwritten: [String] = []
    /// Blocks that are not in the entry, because a person removed them, and that were left out.
    package var absent: [String] = []
    /// Whether the entry has no front matter, so that no keys could be set.
    package var lacksFrontMatter = false

    package init(overwritten: [String] = [], absent: [String] = [], lacksFrontMatter: Bool = false) {
        self.overwritten = overwritten
        self.absent = absent
        self.lacksFrontMatter = lacksFrontMatter
    }
}

extension EntryDocument {
    /// Writes new content into the owned blocks that are there, where they are.
    ///
    /// A block that a person removed stays removed, unless `force` puts it back: behind the block that stands before it
    /// in `blocks`. A block that a person edited is an error that names all such blocks, unless `force`; the caller then
    /// keeps a copy of the file.
    package mutating func update(_ contents: [BlockContent], force: Bool = false) throws(EntryProblems) -> EntryUpdate {
        let names = Set(contents.map(\.name))
        let edited = blocks.filter { $0.isEdited && names.contains($0.name) }
        if !edited.isEmpty, !force {
            throw EntryProblems(
                path: path,
                problems: edited.map { EntryProblems.Problem(kind: .editedBlock($0.name), line: $0.line) })
        }
        var report = EntryUpdate(overwritten: edited.map(\.name), lacksFrontMatter: frontMatter == nil)
        var previous: Int?
        for content in contents {
            let block = newBlock(content)
            let index = pieces.firstIndex { if case .block(let old) = $0 { old.name == content.name } else { false } }
            if let index {
                // The same content keeps its bytes: line ends may differ from ours.
                if case .block(let old) = pieces[index], old.isEdited || old.recordedDigest != block.recordedDigest {
                    pieces[index] = .block(block)
                    closeLine(before: index + 1)
                }
                previous = index
            } else if force {
                previous = insert(block, after: previous)
            } else {
                report.absent.append(content.name)
            }
        }
        return report
    }

    /// Sets front matter keys in place; missing ones are added at the end. Without front matter nothing is added.
    package mutating func set(_ values: [(key: String, value: YAMLValue)]) {
        for (key, value) in values { frontMatter?.set(key, value) }
    }

    private func newBlock(_ content: BlockContent) -> OwnedBlock {
        let source = OwnedBlock.render(content.name, content.content, lineEnding)
        let lines = MarkdownLines(source)
        let start = lines.lines.first?.whole.upperBound ?? 0
        let end = lines.lines.last?.whole.lowerBound ?? source.count
        let body = Array(source[start..<max(start, end)])
        return OwnedBlock(
            name: content.name, recordedDigest: OwnedBlock.digest(body), content: body, source: source, line: 0)
    }

    private mutating func insert(_ block: OwnedBlock, after previous: Int?) -> Int {
        let index = previous.map { $0 + 1 } ?? 0
        let gap = lineEnding.applied(to: [UInt8(ascii: "\n")])
        closeLine(before: index)
        let spaced: [Piece] = previous == nil ? [.block(block), .text(gap)] : [.text(gap), .block(block)]
        pieces.insert(contentsOf: spaced, at: index)
        return previous == nil ? index : index + 1
    }

    /// A last line without an end would run into what follows it.
    private mutating func closeLine(before index: Int) {
        guard index > 0, index <= pieces.count, case .text(var text) = pieces[index - 1], let last = text.last,
            last != UInt8(ascii: "\n")
        else { return }
        text += lineEnding.applied(to: [UInt8(ascii: "\n")])
        pieces[index - 1] = .text(text)
    }
}

extension EntryDocument {
    /// A new entry. The body holds blocks and text in order.
    package enum Part: Sendable {
        case block(BlockContent)
        case text(String)
    }

    package static func new(frontMatter: [(key: String, value: YAMLValue)], parts: [Part]) -> [UInt8] {
        var bytes = FrontMatter(frontMatter).bytes
        for part in parts {
            bytes.append(UInt8(ascii: "\n"))
            switch part {
            case .block(let block): bytes += OwnedBlock.render(block.name, block.content, .lf)
            case .text(let text): bytes += Array("\(text)\n".utf8)
            }
        }
        return bytes
    }
}
