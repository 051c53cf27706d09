import HostSystem
import TestSupport
import Testing

/// Recipes with mistakes: one clear message with the line, and nothing is started or written.
@Suite struct RecipeMistakeTests {
    @Test(arguments: [
        ("name: 'a", 1, "not YAML"), ("name: a\npakages: [x]", 2, "did you mean packages?"),
        ("torch: 2.10", 1, "write torch: \"2.10\""), ("name: a\npackages: numpy", 2, "a list of packages"),
        ("torch: \"2.8\"\ncuda: \"11.8\"", 2, "12.6"), ("packages: [&a x, *a]", 1, "anchors"),
    ])
    func aMistakeIsNamedWithItsLine(text: String, line: Int, words: String) throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            try project.write(text, to: "bunsen.yaml")
            for command in [["lock"], ["run", "--", "touch", "started"]] {
                let result = try project.bunsen(arguments: command)
                #expect(result.end == .exited(code: 65), "\(result.errorText)")
                #expect(result.errorText.contains("bunsen.yaml:\(line)"), "\(result.errorText)")
                #expect(result.errorText.contains(words), "\(result.errorText)")
            }
            #expect(try Files.names(in: folder) == ["bunsen.yaml"])
        }
    }

    @Test func tenMegabytesAreNotReadAsARecipe() throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            try project.write(
                "name: a\n" + String(repeating: "# filling the file\n", count: 550_000), to: "bunsen.yaml")
            let result = try project.bunsen("lock")
            #expect(result.end == .exited(code: 65), "\(result.errorText)")
            #expect(result.errorText.contains("bunsen.yaml") && result.errorText.utf8.count < 500)
        }
    }

    @Test func aMissingRecipeSaysWhatToRun() throws {
        try withTemporaryFolder { folder in
            let result = try Project(folder: folder).bunsen("lock")
            #expect(result.end == .exited(code: 66))
            #expect(result.errorText.contains("hint: write one for this machine: bunsen init"))
        }
    }

    @Test func theRecipesOwnPatternsAndLanguageCount() throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            try project.write(
                """
                name: patterns
                packages: []
                record:
                  language: zh
                  primary: { metric: score, goal: max }
                  patterns: ['round (?<step>[0-9]+) gave (?<score>[0-9.]+) points']
                """, to: "bunsen.yaml")
            let result = try project.bunsen(
                "run", "--", "sh", "-c", "echo round 1 gave 7.5 points; echo round 2 gave 6 points")
            #expect(result.end == .exited(code: 0), "\(result.errorText)")
            let run = try project.json("show")
            #expect(run["metrics"]["score"]["points"].number == 2)
            #expect(run["manifest"]["summary"]["primaryValue"].number == 7.5)
            #expect(run["manifest"]["summary"]["primaryStep"].number == 1)
            #expect(try project.entries().first?.value.contains("## 指标") == true)
        }
    }
}
