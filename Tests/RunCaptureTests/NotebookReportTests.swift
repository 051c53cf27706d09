import ExperimentModel
import TestSupport
import Testing

@testable import RunCapture

/// The report is made from what a notebook put out, so it is not believed.
@Suite struct NotebookReportTests {
    private static let text = """
        {"cells": 6, "executed": 3, "figures": [{"cell": 4, "file": "cell-4-1.png"}, {"cell": 2, "file": "../x.png"},
        {"cell": 2, "file": "cell-2-1.html"}, {"cell": 5, "file": "cell-5-12.svg"}], "omitted": 1,
        "defaults": [{"name": "epochs", "value": "3"}], "hasParameters": true,
        "failed": {"cell": 4, "error": "ValueError", "message": "two\\nlines"}}
        """

    @Test func whatIsReportedBecomesPartOfTheManifest() throws {
        let report = try #require(NotebookReport(parsing: Array(Self.text.utf8)))
        var notebook = RunManifest.Notebook(path: "a.ipynb", executed: "notebook/a.ipynb")
        report.complete(&notebook)
        #expect(notebook.cells == 6 && notebook.done == 3 && notebook.failedCell == 4)
        #expect(notebook.figures.map(\.file) == ["notebook/cell-4-1.png", "notebook/cell-5-12.svg"])
        #expect(report.failed?.sentence == "cell [4] failed: ValueError: two lines")
    }

    @Test func nothingThatIsDamagedNamesFilesElsewhere() {
        var generator = SeededGenerator(5)
        for _ in 0..<3000 {
            var bytes = Array(Self.text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8(ascii: "9"), at: place)
                }
            }
            guard let report = NotebookReport(parsing: bytes) else { continue }
            #expect(report.executed <= report.cells && report.figures.allSatisfy { !$0.file.contains("/") })
        }
        for text in ["", "[]", "{\"cells\": -1, \"executed\": 0, \"figures\": [], \"omitted\": 0, \"defaults\": []}"] {
            #expect(NotebookReport(parsing: Array(text.utf8)) == nil)
        }
    }
}
