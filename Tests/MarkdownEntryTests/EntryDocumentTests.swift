import HostSystem
import Testing

@testable import MarkdownEntry

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// An entry with two blocks and words of a person between them.
func sampleEntry() -> [UInt8] {
    EntryDocument.new(
        frontMatter: [("title", .text("a: b")), ("run_id", .plain("\"x-1\"")), ("run_status", .text("running"))],
        parts: [
            .block(BlockContent(name: "summary", content: "one\ntwo")), .text("mine"),
            .block(BlockContent(name: "metrics", content: "## Metrics\n\n| a |\n| --- |")), .text("## Observations"),
            .block(BlockContent(name: "proposals", content: "- p")), .text("## Next steps"),
        ])
}

@Suite struct EntryDocumentTests {
    @Test func whatIsReadIsWrittenAgain() throws {
        let document = try EntryDocument(parsing: sampleEntry(), path: "index.md")
        #expect(document.bytes == sampleEntry())
        #expect(document.blocks.map(\.name) == ["summary", "metrics", "proposals"])
        #expect(document.blocks.allSatisfy { !$0.isEdited })
        #expect(document.frontMatter?.text("title") == "a: b")
    }

    @Test func blocksAreReplacedWhereTheyAre() throws {
        var document = try EntryDocument(parsing: sampleEntry(), path: "index.md")
        _ = try document.update([BlockContent(name: "metrics", content: "new")])
        let old = text(sampleEntry())
        let new = text(document.bytes)
        #expect(new.contains("\nmine\n") && new.contains("-->\nnew\n<!-- bunsen:end -->"))
        #expect(!new.contains("| a |"))
        #expect(old.prefix(100) == new.prefix(100))
        #expect(try EntryDocument(parsing: document.bytes, path: "").blocks.allSatisfy { !$0.isEdited })
    }

    @Test func editedBlocksAreRefusedAllAtOnceAndOverwrittenByForce() throws {
        let edited = text(sampleEntry()).replacing("two\n", with: "two!\n").replacing("| a |", with: "| b |")
        var document = try EntryDocument(parsing: bytes(edited), path: "log/e/index.md")
        let contents = ["summary", "metrics", "proposals"].map { BlockContent(name: $0, content: "new") }
        let error = #expect(throws: EntryProblems.self) { try document.update(contents) }
        #expect(error?.problems.map(\.kind) == [.editedBlock("summary"), .editedBlock("metrics")])
        #expect(error?.problems.map(\.line) == [7, 14])
        #expect(error?.description.hasPrefix("log/e/index.md:7: the block \"summary\" was edited") == true)
        #expect(error?.areEditsOnly == true)
        #expect(text(document.bytes) == edited)
        #expect(try document.update(contents, force: true).overwritten == ["summary", "metrics"])
        #expect(text(document.bytes).contains("mine"))
    }

    @Test func removedBlocksStayRemovedUnlessForced() throws {
        var document = try EntryDocument(parsing: sampleEntry(), path: "")
        document.pieces.removeAll { if case .block(let block) = $0 { block.name == "metrics" } else { false } }
        let contents = ["summary", "metrics"].map { BlockContent(name: $0, content: "new") }
        #expect(try document.update(contents).absent == ["metrics"])
        #expect(document.blocks.map(\.name) == ["summary", "proposals"])
        _ = try document.update(contents, force: true)
        #expect(document.blocks.map(\.name) == ["summary", "metrics", "proposals"])
    }

    @Test func movedBlocksStayWhereTheyWereMoved() throws {
        var document = try EntryDocument(parsing: sampleEntry(), path: "")
        let first = document.pieces.firstIndex { if case .block = $0 { true } else { false } } ?? 0
        document.pieces.append(document.pieces.remove(at: first))
        _ = try document.update([BlockContent(name: "summary", content: "new")])
        #expect(document.blocks.map(\.name) == ["metrics", "proposals", "summary"])
    }

    @Test func lineEndsThatGitChangedAreNoEdit() throws {
        let windows = LineEnding.crlf.applied(to: sampleEntry())
        var document = try EntryDocument(parsing: windows, path: "")
        #expect(document.blocks.allSatisfy { !$0.isEdited })
        #expect(document.bytes == windows)
        _ = try document.update([BlockContent(name: "summary", content: "a\nb\n")])
        document.set([("run_status", .text("finished")), ("run_new", .number(1))])
        let result = text(document.bytes)
        #expect(result.replacing("\r\n", with: "").utf8.allSatisfy { $0 != 10 && $0 != 13 })
        #expect(result.contains("run_status: finished\r\n") && result.contains("a\r\nb\r\n"))
    }

    @Test func theByteOrderMarkStays() throws {
        let marked = [0xef, 0xbb, 0xbf] + sampleEntry()
        let document = try EntryDocument(parsing: marked, path: "")
        #expect(document.bytes == marked && document.frontMatter?.text("run_id") == "x-1")
    }

    @Test func linesThatLookLikeOurMarksAreDefusedInContent() throws {
        let hostile = "x\n<!-- bunsen:end -->\n<!-- bunsen:begin a sha256=1 -->\n<<<<<<< HEAD\n"
        let entry = EntryDocument.new(frontMatter: [], parts: [.block(BlockContent(name: "output", content: hostile))])
        let document = try EntryDocument(parsing: entry, path: "")
        #expect(document.blocks.count == 1 && document.blocks[0].isEdited == false)
        #expect(text(document.blocks[0].content).contains(" <!-- bunsen:end -->"))
    }

    @Test func filesWithoutFrontMatterGetNone() throws {
        let entry = Array(text(sampleEntry()).drop { $0 != "<" }.utf8)
        var document = try EntryDocument(parsing: entry, path: "")
        document.set([("run_status", .text("finished"))])
        #expect(try document.update([BlockContent(name: "summary", content: "new")]).lacksFrontMatter)
        #expect(text(document.bytes).hasPrefix("<!-- bunsen:begin summary"))
    }
}

@Suite struct EntryProblemTests {
    private func problems(_ entry: String) -> [EntryProblems.Problem] {
        do {
            _ = try EntryDocument(parsing: bytes(entry), path: "index.md")
            return []
        } catch {
            return error.problems
        }
    }

    private let begin = "<!-- bunsen:begin a sha256=\(String(repeating: "0", count: 64)) -->\n"
    private let end = "<!-- bunsen:end -->\n"

    @Test func conflictMarksAreNamedByLine() {
        let found = problems("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> main\n")
        #expect(found == [.init(kind: .conflictMark, line: 2), .init(kind: .conflictMark, line: 6)])
        #expect(problems("---\nrun_id: a\n<<<<<<< HEAD\n---\n").map(\.line) == [3])
        #expect(problems(begin + "x\n<<<<<<< HEAD\n" + end).map(\.line) == [3])
    }

    @Test func whatOnlyLooksLikeAConflictIsText() {
        #expect(problems("Title\n=======\n").isEmpty)
        #expect(problems("```\n<<<<<<< HEAD\n```\n<!-- bunsen-like -->\n<<<<<<<< eight\n").isEmpty)
    }

    @Test func brokenBlocksAreNamedByLine() {
        #expect(problems("x\n" + begin + "y\n") == [.init(kind: .unclosedBlock("a"), line: 2)])
        #expect(problems(begin + begin + end).map(\.kind).contains(.nestedBlock("a", inside: "a")))
        #expect(problems(begin + end + begin + end) == [.init(kind: .duplicateBlock("a"), line: 3)])
        #expect(problems("x\n" + end) == [.init(kind: .strayEnd, line: 2)])
        #expect(problems("<!-- bunsen:begin a -->\n" + end).map(\.kind) == [.malformedMarker, .strayEnd])
    }

    @Test func frontMatterOfOtherToolsIsRefused() {
        #expect(problems("+++\ntitle = 1\n+++\n").map(\.kind) == [.foreignFrontMatter("TOML")])
        #expect(problems("{\n\"title\": 1}\n").map(\.kind) == [.foreignFrontMatter("JSON")])
        #expect(problems("{{< toc >}}\n").isEmpty)
        #expect(problems("---\ntitle: a\n").map(\.kind) == [.unclosedFrontMatter])
        #expect(problems("---\na: 1\na: 2\n---\n") == [.init(kind: .duplicateKey("a"), line: 3)])
    }

    @Test func emptyAndBinaryFilesAreText() throws {
        for entry in [[], [0xff, 0x00, 0x0a, 0xfe]] as [[UInt8]] {
            #expect(try EntryDocument(parsing: entry, path: "").bytes == entry)
        }
    }
}
