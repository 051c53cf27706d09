import Glibc
import HostSystem
import TestSupport
import Testing

/// Entries that people, editors, git and other tools have been at.
@Suite struct EntryTests {
    /// A project with one finished run and its entry.
    private func withEntry(_ options: String..., body: (Project, _ index: String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            try project.write("for i in range(9): print(f'step {i} loss={1 / (i + 1):.3f}')\n", to: "t.py")
            try project.bunsen(arguments: ["run"] + options + ["--", "python3", "t.py", "--lr", "1e-3"])
            try body(project, project.entryPath())
        }
    }

    @Test func writingAgainKeepsEveryByteOfThePerson() throws {
        try withEntry { project, index in
            let original = try Files.readText(index)
            let person =
                original.replacing("## Observations\n", with: "## Observations\n\nÜber 太好了 \u{2028}  \n")
                .replacing("## Next steps\n", with: "## Next steps\r\n\t- try 1e-4\r\n") + "no line end"
            try Files.write(person, to: index)
            let again = try project.bunsen("record", "latest")
            #expect(again.end == .exited(code: 0), "\(again.errorText)")
            #expect(try Files.readText(index) == person)
        }
    }

    @Test func anEditedBlockIsRefusedByNameAndReplacedByForce() throws {
        try withEntry { project, index in
            let edited = try Files.readText(index).replacing(
                "| `lr` | `0.001` | argv |", with: "| `lr` | mine | argv |")
            try Files.write(edited, to: index)
            let refused = try project.bunsen("record", "latest")
            #expect(refused.end == .exited(code: 65))
            #expect(refused.errorText.contains("hyperparameters") && refused.errorText.contains("--force"))
            #expect(try Files.readText(index) == edited)
            let forced = try project.bunsen("record", "latest", "--force")
            #expect(forced.end == .exited(code: 0))
            #expect(try Files.readText(index).contains("| `lr` | `0.001` | argv |"))
            #expect(try Files.readText("\(index).before-force") == edited)
        }
    }

    @Test func aDeletedBlockStaysAwayUntilForced() throws {
        try withEntry { project, index in
            let original = try Files.readText(index)
            let begin = try #require(original.firstRange(of: "<!-- bunsen:begin curves"))
            let rest = original[begin.lowerBound...]
            let end = try #require(rest.firstRange(of: "<!-- bunsen:end -->\n"))
            let without = String(original[..<begin.lowerBound] + rest[end.upperBound...])
            try Files.write(without, to: index)
            #expect(try project.bunsen("record", "latest").end == .exited(code: 0))
            #expect(try Files.readText(index) == without)
            #expect(try project.bunsen("record", "latest", "--force").end == .exited(code: 0))
            #expect(try Files.readText(index).contains("bunsen:begin curves"))
        }
    }

    @Test func conflictsAndFrontMatterOfOtherToolsAreNamedAndLeftAlone() throws {
        try withEntry { project, index in
            let original = try Files.readText(index)
            for (damaged, words) in [
                (original + "<<<<<<< HEAD\nmine\n=======\ntheirs\n>>>>>>> x\n", "conflict"),
                (original.replacing("---\n", with: "+++\n"), "front matter"),
            ] {
                try Files.write(damaged, to: index)
                for options in [[], ["--force"]] {
                    let refused = try project.bunsen(arguments: ["record", "latest"] + options)
                    #expect(refused.end == .exited(code: 65), "\(words): \(refused.errorText)")
                    #expect(refused.errorText.contains(words), "\(refused.errorText)")
                    #expect(refused.errorText.contains("index.md"))
                    #expect(try Files.readText(index) == damaged)
                }
                #expect(try Files.names(in: "\(project.folder)/log").count == 1, "no second entry appears")
            }
        }
    }

    @Test func aLogFolderMayBeALinkToAFolderAndNothingElse() throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: "\(folder)/project")
            try Files.makeFolder(project.folder)
            try Files.makeFolder("\(folder)/shared")
            symlink("../shared", "\(project.folder)/log")
            try project.bunsen("run", "--", "echo", "loss=1")
            #expect(try Files.names(in: "\(folder)/shared").count == 1)
            #expect(try project.bunsen("note", "latest", "over the link").end == .exited(code: 0))

            unlink("\(project.folder)/log")
            symlink("../nowhere", "\(project.folder)/log")
            let result = try project.bunsen("run", "--", "sh", "-c", "echo loss=2; exit 7")
            #expect(result.end == .exited(code: 7), "the command's own code, whatever becomes of the entry")
            #expect(result.errorText.contains("a link to something that does not exist"))
            #expect(result.errorText.contains("hint:"))
            #expect(!Files.exists("\(folder)/nowhere"))
            #expect(try project.manifests().count == 2, "the run is kept")
        }
    }

    @Test func anEntryCanBeChinese() throws {
        try withEntry("--language", "zh", "--name", "手写数字") { _, index in
            let text = try Files.readText(index)
            for words in ["## 环境", "## 超参数", "## 曲线", "## 观察", "## 下一步", "title: \"手写数字"] {
                #expect(text.contains(words), "\(words)")
            }
            #expect(!text.contains("## Environment"))
            let figure = try Files.readText("\(Files.parent(of: index) ?? "")/figures/loss.svg")
            #expect(figure.contains("步") && !figure.contains(">step<"))
        }
    }

    @Test func anEntryCanBeWrittenLater() throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            try project.bunsen("run", "--no-entry", "--", "sh", "-c", "echo step=1 loss=nan; exit 3")
            #expect(try project.entries().isEmpty)
            let missing = try project.bunsen("show", "--entry")
            #expect(missing.end == .exited(code: 66) && missing.errorText.contains("bunsen record"))
            let written = try project.json("record", "latest")["entry"].string ?? ""
            #expect(try Files.readText(written).contains("exit code 3"))
        }
    }
}
