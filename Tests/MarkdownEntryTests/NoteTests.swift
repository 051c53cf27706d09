import Testing

@testable import MarkdownEntry

@Suite struct NoteTests {
    private func noted(_ entry: String, _ note: String = "too high") throws -> String {
        let document = try EntryDocument(parsing: bytes(entry), path: "")
        return text(
            document.appending(
                note: note, time: "2026-11-23 10:12", headings: ["Observations", "观察"], fallback: "Observations"))
    }

    @Test func notesGoToTheEndOfTheSection() throws {
        let entry = "# T\n\n## Observations\n\n- a\n- b\n\n## Next steps\n\nx\n"
        let expected = "# T\n\n## Observations\n\n- a\n- b\n- 2026-11-23 10:12 too high\n\n## Next steps\n\nx\n"
        #expect(try noted(entry) == expected)
    }

    @Test func afterTextThereIsABlankLine() throws {
        #expect(try noted("## 观察\n\ntext\n\n## 下一步\n") == "## 观察\n\ntext\n\n- 2026-11-23 10:12 too high\n\n## 下一步\n")
        #expect(try noted("## Observations") == "## Observations\n\n- 2026-11-23 10:12 too high\n")
    }

    @Test func notesStandBelowTheProposalsAndAboveAMovedBlock() throws {
        let result = try noted(text(sampleEntry()))
        #expect(result.contains("- p\n<!-- bunsen:end -->\n\n- 2026-11-23 10:12 too high\n\n## Next steps\n"))
        let block = OwnedBlock.render("env", "## Environment\n", .lf)
        let moved = try noted("## Observations\n\nmine\n\n" + text(block))
        #expect(moved.hasPrefix("## Observations\n\nmine\n\n- 2026-11-23 10:12 too high\n\n<!--"))
    }

    @Test func headingsInCodeDoNotCount() throws {
        let entry = "```\n## Observations\n```\n"
        #expect(try noted(entry) == entry + "\n## Observations\n\n- 2026-11-23 10:12 too high\n")
        let section = "## Observations\n\n```\n## x\n```\n"
        #expect(try noted(section) == section + "\n- 2026-11-23 10:12 too high\n")
    }

    @Test func linesOfANoteStayInOneItem() throws {
        let result = try noted("## Observations\n", "a\n<!-- bunsen:end -->\nb")
        #expect(result == "## Observations\n\n- 2026-11-23 10:12 a\n  <!-- bunsen:end -->\n  b\n")
        #expect(throws: Never.self) { try EntryDocument(parsing: bytes(result), path: "") }
    }

    @Test func filesWithCRLFKeepIt() throws {
        let result = try noted("## Observations\r\n\r\n- a\r\n")
        #expect(result == "## Observations\r\n\r\n- a\r\n- 2026-11-23 10:12 too high\r\n")
    }
}
