import ArgumentParser
import ExperimentModel
import HostSystem

/// Where an exported file goes. One that is there already and says something else may have been changed by a person, and
/// is left alone unless they say otherwise.
struct ExportedFile: ParsableArguments {
    @Option(name: .shortAndLong, help: "Where to write, if not to the usual place in the project; - prints it.")
    var output: String?

    @Flag(name: .long, help: "Replace a file that is there and says something else.")
    var force = false

    init() {}

    private struct Written: Encodable {
        let file: String
        let changed: Bool
    }

    /// - Parameters:
    ///   - usual: path in the project.
    ///   - next: what a person does then.
    func write(
        _ text: String, as usual: String, _ format: FormatOption, _ context: CommandContext, next: String
    ) throws -> Int32 {
        if output == "-" {
            context.console.write(text)
            return 0
        }
        let path = output.map { context.path($0) } ?? "\(Project(context).folder)/\(usual)"
        let before = Files.exists(path) ? try Files.readText(path) : nil
        if let before, before != text, !force {
            throw Failure(
                "\(context.shown(path)) is there already and says something else",
                hint: "replace it with --force, or write elsewhere with --output", code: .notNow)
        }
        if before != text {
            if let folder = Files.parent(of: path) { try Files.makeFolder(folder) }
            try Files.write(text, to: path)
        }
        try format.print(
            to: context.console, json: { try RecordCoding.encode(Written(file: path, changed: before != text)) },
            text: { "" })
        context.console.say(
            before == text ? "\(context.shown(path)) is as it should be" : "wrote \(context.shown(path)); next: \(next)"
        )
        return 0
    }
}
