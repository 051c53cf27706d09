import Engines
import ExperimentModel
import HostSystem
import RunCapture
import RunStore

/// Notebooks as commands.
extension RunSession {
    /// The notebook that a command names, or nil for a command of another kind.
    static func notebook(_ command: [String], _ plan: RunPlan, _ context: CommandContext) throws -> NotebookCommand? {
        guard NotebookCommand.isNotebook(command[0]) else { return nil }
        let name = command[0]
        if let extra = command.dropFirst().first {
            throw Failure(
                "\(extra) stands behind the notebook \(name)",
                hint: "a notebook takes parameters by -P: bunsen run -P lr=3e-4 \(name)", code: .usage)
        }
        guard plan.engine.name == .process else {
            throw Failure(
                "a notebook is executed by the engine process, and the engine is \(plan.engine.name.rawValue)",
                hint: "leave run.engine and --engine out, or name process", code: .data)
        }
        let path = context.path(name)
        guard Files.exists(path) else {
            throw Failure("there is no notebook \(name)", hint: "look at the path", code: .missing)
        }
        if Files.isFolder(path) {
            throw Failure("\(name) is a folder, no notebook", hint: "look at the path", code: .missing)
        }
        do {
            _ = try Files.read(path, limit: NotebookCommand.largestSize)
        } catch is FileTooLarge {
            throw Failure(
                "the notebook \(name) has more than \(NotebookCommand.largestSize >> 20) MiB",
                hint: "clear its outputs and save it again", code: .data)
        }
        return NotebookCommand(path: path)
    }

    /// What executes a notebook, with everything checked that can be before it starts.
    static func arguments(
        of notebook: NotebookCommand, _ request: RunCommand, runFolder: String, _ environment: [String: String],
        hasRecipe: Bool, secrets: [String], _ context: CommandContext
    ) throws -> [String] {
        let search = environment["PATH"] ?? ""
        let found = ["python", "python3"].lazy.compactMap {
            findExecutable($0, searchPath: search, from: context.workingFolder)
        }
        guard let python = found.first else {
            throw Failure("there is no Python to execute the notebook", hint: "look at PATH", code: .commandNotFound)
        }
        let missing = try NotebookCommand.missingPackages(python: python, environment: environment)
        guard missing.isEmpty else {
            throw Failure(
                "the environment cannot execute notebooks: it lacks \(missing.joined(separator: ", "))",
                hint: hasRecipe
                    ? "add tools: [jupyter] to bunsen.yaml, then: bunsen lock"
                    : "install it, or write a recipe with tools: [jupyter]: bunsen init", code: .data)
        }
        let parameters = request.parameter.compactMap { word -> (name: String, text: String)? in
            guard let equals = word.firstIndex(of: "=") else { return nil }
            return (String(word[..<equals]), String(word[word.index(after: equals)...]))
        }
        return try notebook.arguments(
            python: python, runFolder: runFolder, parameters: parameters, secrets: secrets, home: context.home)
    }

    /// Takes what the notebook came to into the manifest.
    static func complete(_ manifest: inout RunManifest, from report: NotebookReport?, redaction: Redaction) {
        guard let report, var notebook = manifest.notebook else { return }
        report.complete(&notebook)
        manifest.notebook = notebook
        if let failed = report.failed, manifest.end?.status == .failed {
            manifest.end?.reason = redaction.redacted(failed.sentence)
        }
        let known = Set(manifest.parameters.map(\.name))
        manifest.parameters += report.defaults.filter { !known.contains($0.name) }.map {
            redaction.redacted(
                Parameter(
                    name: $0.name, value: ParameterValue(parsing: $0.value), source: Files.name(of: notebook.path)))
        }
    }
}
