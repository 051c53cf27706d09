import TestSupport
import Testing

@testable import MarkdownEntry

@Suite struct PreservationTests {
    private static let scraps = [
        "hello", "\n", "\r\n", "## Observations\n", "- item\n", "```\n", "~~~~\n", "---\n", "中文 ", "\u{0}", "  x\n",
        "# a\n",
        "=======\n", "\t", "run_id: 7\n", "<!-- a -->\n", "| a | b |\n", "\u{feff}", "> q\n", "## 观察\n",
    ]

    /// Inserts scraps anywhere outside blocks, updates, and takes the blocks out again: what is left is what was there.
    @Test func noByteOutsideBlocksIsLost() throws {
        var random = SeededGenerator(state: 21)
        let sample = sampleEntry()
        for _ in 0..<300 {
            var document = try EntryDocument(parsing: sample, path: "")
            for index in document.pieces.indices {
                guard case .text(var own) = document.pieces[index] else { continue }
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    let place = Int.random(in: 0...own.count, using: &random)
                    own.insert(contentsOf: bytes(Self.scraps.randomElement(using: &random) ?? ""), at: place)
                }
                if own.last != 10 { own.append(10) }
                document.pieces[index] = .text(own)
            }
            let edited = document.bytes
            var parsed = try EntryDocument(parsing: edited, path: "")
            #expect(parsed.bytes == edited)
            let before = persons(parsed)
            let names = ["summary", "metrics", "proposals"].filter { _ in Bool.random(using: &random) }
            _ = try parsed.update(names.map { BlockContent(name: $0, content: "new\n\nlines") })
            #expect(persons(try EntryDocument(parsing: parsed.bytes, path: "")) == before)
            let note = parsed.appending(
                note: "n", time: "t", headings: ["Observations", "观察"], fallback: "Observations")
            #expect(isSubsequence(parsed.bytes, of: note))
            _ = try EntryDocument(parsing: note, path: "")
        }
    }

    /// Arbitrary damage is an error or an exact reading, never a crash and never other bytes.
    @Test func mutatedFilesAreReadExactlyOrRefused() {
        var random = SeededGenerator(state: 22)
        let sample = sampleEntry()
        for _ in 0..<1500 {
            var entry = sample
            for _ in 0..<Int.random(in: 1...4, using: &random) where !entry.isEmpty {
                let place = Int.random(in: 0..<entry.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: entry[place] = UInt8.random(in: 0...255, using: &random)
                case 1: entry.removeSubrange(place..<min(entry.count, place + 40))
                case 2: entry.insert(contentsOf: entry[place...].prefix(60), at: place)
                default: entry.insert(contentsOf: bytes(Self.scraps.randomElement(using: &random) ?? ""), at: place)
                }
            }
            guard var document = try? EntryDocument(parsing: entry, path: "") else { continue }
            #expect(document.bytes == entry)
            let before = persons(document)
            _ = try? document.update([BlockContent(name: "summary", content: "new")], force: true)
            #expect(isSubsequence(before, of: persons(document)))
            document.set([("run_id", .text("y"))])
            _ = document.appending(note: "n", time: "t", headings: ["Observations"], fallback: "Observations")
        }
    }

    private func persons(_ document: EntryDocument) -> [UInt8] {
        document.pieces.flatMap { if case .text(let own) = $0 { own } else { [UInt8]() } }
    }

    private func isSubsequence(_ part: [UInt8], of whole: [UInt8]) -> Bool {
        var matched = 0
        for byte in whole where matched < part.count && byte == part[matched] { matched += 1 }
        return matched == part.count
    }
}
