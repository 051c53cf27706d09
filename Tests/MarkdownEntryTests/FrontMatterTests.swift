import Testing

@testable import MarkdownEntry

@Suite struct FrontMatterTests {
    @Test(arguments: [
        (YAMLValue.text("finished"), "finished"), (.text("2.10"), "\"2.10\""), (.text("yes"), "\"yes\""),
        (.text("No"), "\"No\""), (.text("a: b"), "\"a: b\""), (.text("中文 标题"), "中文 标题"), (.text(""), "\"\""),
        (.text("- a"), "\"- a\""), (.text("1e3"), "\"1e3\""), (.text("a\"b\\c\n"), "\"a\\\"b\\\\c\\n\""),
        (.text("a #b"), "\"a #b\""), (.text("val_acc"), "val_acc"), (.number(0.978), "0.978"),
        (.number(1e-5), "1.0e-05"),
        (.number(3), "3"), (.number(.nan), "\"NaN\""), (.boolean(false), "false"),
        (.list(["a", "b: c"]), "[a, \"b: c\"]"),
        (.text("out-of-memory"), "out-of-memory"), (.text("4 × A100"), "\"4 × A100\""),
    ])
    func valuesAreQuotedWhereTheyCouldBeMisread(value: YAMLValue, yaml: String) {
        #expect(value.yaml == yaml)
    }

    @Test func whatIsQuotedIsReadBack() {
        for text in ["a: b", "x\"y\\z", "\u{1}\u{7f}\u{2028}", "2.10", "中文：好", "tab\there", "'single'"] {
            #expect(YAMLValue.decoded(YAMLValue.quotedText(text)) == text)
        }
        #expect(YAMLValue.decoded("'it''s'") == "it's")
    }

    private let header = """
        ---
        # about this
        title:   'Mine: really'   # keep
        custom:
          - a
          - b
        run_status: running # was running
        run_gpu: "a # b"
        run_old: |
          two
          lines

        tags: [x]
        ---
        body

        """

    @Test func onlyTheNamedValuesChange() throws {
        var document = try EntryDocument(parsing: bytes(header), path: "")
        #expect(document.bytes == bytes(header))
        document.set([("run_status", .text("finished")), ("run_gpu", .text("none")), ("run_old", .text("x"))])
        let expected = header.replacing("run_status: running #", with: "run_status: finished #")
            .replacing("\"a # b\"", with: "none").replacing("run_old: |\n  two\n  lines\n", with: "run_old: x\n")
        #expect(text(document.bytes) == expected)
    }

    @Test func missingKeysAreAddedAtTheEnd() throws {
        var document = try EntryDocument(parsing: bytes(header), path: "")
        document.set([("verify_status", .text("identical"))])
        #expect(text(document.bytes).contains("tags: [x]\nverify_status: identical\n---\nbody"))
    }

    @Test func valuesAreReadWithoutQuotesAndComments() throws {
        let matter = try #require(try EntryDocument(parsing: bytes(header), path: "").frontMatter)
        #expect(matter.text("title") == "Mine: really")
        #expect(matter.text("run_status") == "running")
        #expect(matter.text("run_gpu") == "a # b")
        #expect(matter.text("absent") == nil)
    }
}
