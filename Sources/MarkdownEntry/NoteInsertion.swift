extension EntryDocument {
    /// The bytes of the entry with a list item at the end of a section. Every byte that was there stays, in order.
    ///
    /// - Parameters:
    ///   - note: text, perhaps of several lines.
    ///   - time: such as `2026-11-23 10:12`.
    ///   - headings: the names of the section in every language.
    ///   - fallback: the name under which the section is added at the end where it is missing.
    package func appending(note: String, time: String, headings: [String], fallback: String) -> [UInt8] {
        let lines = note.split(omittingEmptySubsequences: true) { $0.isNewline }.map(String.init)
        let item = "- \(time) \(lines.joined(separator: "\n  "))\n"
        let all = bytes
        let file = MarkdownLines(all, from: mark.count)
        guard
            let section = Section(
                headings, in: file, blocks: blocks, from: mark.count + (frontMatter?.bytes.count ?? 0))
        else {
            let heading = all.count > mark.count ? "\n## \(fallback)\n\n" : "## \(fallback)\n\n"
            return inserting(heading + item, at: all.count, in: all)
        }
        let needsGap = !section.endsInItem
        return inserting((needsGap ? "\n" : "") + item, at: section.end, in: all)
    }

    private func inserting(_ text: String, at place: Int, in all: [UInt8]) -> [UInt8] {
        var new = lineEnding.applied(to: Array(text.utf8))
        if place > mark.count, all[place - 1] != UInt8(ascii: "\n") {
            new = lineEnding.applied(to: [UInt8(ascii: "\n")]) + new
        }
        return Array(all[..<place]) + new + Array(all[place...])
    }
}

/// A section of an entry: from its heading to the next one of the same or a higher level.
private struct Section {
    /// Behind the last line that is not blank.
    private(set) var end: Int
    /// Whether the section ends in a list item of the person, so that another can follow it directly.
    private(set) var endsInItem = false

    init?(_ names: [String], in file: MarkdownLines, blocks: [OwnedBlock], from start: Int) {
        var fence = FenceTracker()
        var level: Int?
        var end = 0
        var endsInItem = false
        var owned = false
        for line in file.lines where line.whole.lowerBound >= start {
            let content = file.trimmed(line)
            let marker = BlockMarker(content)
            if case .begin? = marker {
                owned = true
                fence = FenceTracker()
            }
            let isCode = fence.takes(content)
            if !isCode, let heading = Heading(String(decoding: content, as: UTF8.self)) {
                if let level, heading.level <= level { break }
                if level == nil, !owned, names.contains(heading.title) {
                    level = heading.level
                    end = line.whole.upperBound
                    endsInItem = false
                    continue
                }
            }
            if level != nil, !content.isEmpty {
                // A block that opens the next section is looked into before it is counted.
                if case .begin(let name, _)? = marker, Self.opensSection(name, blocks, level ?? 1) { break }
                end = line.whole.upperBound
                endsInItem = !owned && !isCode && Self.isItem(content, endsInItem)
            }
            if case .end? = marker {
                owned = false
                fence = FenceTracker()
            }
        }
        guard level != nil else { return nil }
        self.end = end
        self.endsInItem = endsInItem
    }

    private static func opensSection(_ name: String, _ blocks: [OwnedBlock], _ level: Int) -> Bool {
        guard let block = blocks.first(where: { $0.name == name }) else { return false }
        let lines = MarkdownLines(block.content)
        return lines.lines.contains { (Heading(lines.text($0))?.level ?? 7) <= level }
    }

    private static func isItem(_ content: ArraySlice<UInt8>, _ before: Bool) -> Bool {
        content.starts(with: Array("- ".utf8)) || before && content.first == UInt8(ascii: " ")
    }
}

/// An ATX heading (CommonMark 0.31, section 4.2).
private struct Heading {
    let level: Int
    let title: String

    init?(_ line: String) {
        let hashes = line.prefix { $0 == "#" }.count
        guard (1...6).contains(hashes), line.dropFirst(hashes).first == " " else { return nil }
        level = hashes
        var title = line.dropFirst(hashes).drop { $0 == " " }
        while let last = title.last, last == "#" || last == " " { title.removeLast() }
        self.title = String(title)
    }
}
