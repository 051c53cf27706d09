import ExperimentModel
import HostSystem
import MarkdownEntry

/// The notebook that was executed: a link to it, how far it came, and its figures.
enum NotebookSection {
    static func content(_ record: RunRecord, _ words: Phrases) -> String {
        guard let notebook = record.manifest.notebook else { return "" }
        let files = Set(record.attachments.map(\.path))
        let name = MarkdownText.plain(Files.name(of: notebook.path))
        let link = files.contains(notebook.executed) ? "[\(name)](\(MarkdownText.link(notebook.executed)))" : name
        var parts = ["## \(words.notebook)"]
        if let cells = notebook.cells, let done = notebook.done {
            parts.append(words.executedCells(link, done, cells))
        } else {
            parts.append(link)
        }
        for figure in notebook.figures where files.contains(figure.file) {
            parts.append(
                "![\(words.cell(figure.cell))](\(MarkdownText.link(figure.file)))\n\n\(words.cell(figure.cell))")
        }
        if notebook.omittedFigures > 0 { parts.append(words.moreFigures(notebook.omittedFigures)) }
        return parts.joined(separator: "\n\n")
    }
}
