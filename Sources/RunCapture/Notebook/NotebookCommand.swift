import FoundationEssentials
import HostSystem

/// A notebook that is run like any other command: `bunsen run train.ipynb`.
package struct NotebookCommand: Sendable, Hashable {
    /// Larger ones are refused: nobody can read them.
    package static let largestSize = 64 << 20
    /// The folder of its results in a run folder. The program that executes the notebook writes there, and nowhere else.
    package static let folderName = "notebook"

    /// Absolute.
    package let path: String

    package init(path: String) { self.path = path }

    package static func isNotebook(_ word: String) -> Bool { word.hasSuffix(".ipynb") && !word.hasPrefix("-") }

    /// The executed notebook, below the run folder.
    package var executed: String { "\(Self.folderName)/\(Files.name(of: path))" }

    /// The command that executes it.
    ///
    /// - Parameters:
    ///   - python: the interpreter, whose environment has nbclient and ipykernel.
    ///   - parameters: names and values as they were given. A value is a Python literal, `true`, `false`, `null`, or text.
    ///   - secrets: names of variables whose values are taken out of what is written.
    package func arguments(
        python: String, runFolder: String, parameters: [(name: String, text: String)], secrets: [String], home: String
    ) throws -> [String] {
        let request = Request(
            notebook: path, folder: "\(runFolder)/\(Self.folderName)", name: Files.name(of: path),
            parameters: parameters.map { [$0.name, $0.text] }, figures: NotebookReport.mostFigures,
            figureBytes: NotebookReport.largestFigure, secrets: secrets, shortestSecret: Redaction.shortestSecret)
        let text = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
        return [python, try NotebookDriver.install(home: home), text]
    }

    /// The packages that are missing for this in the environment of an interpreter.
    package static func missingPackages(python: String, environment: [String: String]) throws -> [String] {
        let script = """
            import importlib.util as util
            print(*(name for name in ("nbclient", "nbformat", "ipykernel") if util.find_spec(name) is None))
            """
        let result = try Tool(executable: python, environment: environment).run(["-c", script], timeout: 60)
        guard result.succeeded else { return ["nbclient"] }
        return result.outputText.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private struct Request: Encodable {
        let notebook: String
        let folder: String
        let name: String
        let parameters: [[String]]
        let figures: Int
        let figureBytes: Int
        let secrets: [String]
        let shortestSecret: Int
    }
}
