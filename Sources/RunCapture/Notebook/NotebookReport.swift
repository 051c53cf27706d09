import ExperimentModel
import FoundationEssentials
import HostSystem

/// What became of an executed notebook: `notebook/report.json` of a run folder. It is made from what a notebook put out,
/// so everything in it is bounded and checked.
package struct NotebookReport: Sendable, Decodable {
    package static let mostFigures = 48
    /// Bytes of one figure.
    package static let largestFigure = 8 << 20
    private static let largestSize = 4 << 20

    package struct Figure: Sendable, Decodable {
        /// The number in front of the cell in the executed notebook.
        package var cell: Int
        package var file: String
    }

    package struct Failure: Sendable, Decodable {
        package var cell: Int
        package var error: String
        package var message: String

        /// `cell [4] failed: ZeroDivisionError: division by zero`.
        package var sentence: String {
            let text = "\(error): \(message)".split(whereSeparator: \.isNewline).joined(separator: " ")
            return "cell [\(cell)] failed: \(text.count > 300 ? "\(text.prefix(300)) …" : text)"
        }
    }

    package struct Default: Sendable, Decodable {
        package var name: String
        package var value: String
    }

    /// Cells with code, and how many of them ran to their end.
    package var cells: Int
    package var executed: Int
    package var figures: [Figure]
    /// Figures above the limits.
    package var omitted: Int
    /// What the parameters cell assigns and nobody changed.
    package var defaults: [Default]
    package var failed: Failure?

    /// Nil where there is none, or none that can be believed.
    package init?(runFolder: String) {
        let path = "\(runFolder)/\(NotebookCommand.folderName)/report.json"
        guard let bytes = try? Files.read(path, limit: Self.largestSize) else { return nil }
        self.init(parsing: bytes)
    }

    init?(parsing bytes: [UInt8]) {
        guard var report = try? JSONDecoder().decode(NotebookReport.self, from: Data(bytes)),
            report.cells >= 0, (0...report.cells).contains(report.executed), report.omitted >= 0,
            report.figures.count <= Self.mostFigures, report.defaults.count <= 1000
        else { return nil }
        report.figures.removeAll { !Self.isFigure($0.file) || $0.cell < 1 }
        self = report
    }

    /// `cell-4-1.png`.
    private static func isFigure(_ name: String) -> Bool {
        guard let dot = name.lastIndex(of: "."), [".png", ".svg"].contains(String(name[dot...])) else { return false }
        let parts = name[..<dot].split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "cell"
            && parts.dropFirst().allSatisfy { part in
                (1...9).contains(part.utf8.count) && part.utf8.allSatisfy { (48...57).contains($0) }
            }
    }

    /// What of this belongs to the manifest of the run.
    package func complete(_ notebook: inout RunManifest.Notebook) {
        notebook.cells = cells
        notebook.done = executed
        notebook.failedCell = failed?.cell
        notebook.figures = figures.map {
            RunManifest.Notebook.Figure(cell: $0.cell, file: "\(NotebookCommand.folderName)/\($0.file)")
        }
        notebook.omittedFigures = omitted
    }
}
