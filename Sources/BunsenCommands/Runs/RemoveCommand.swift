import ArgumentParser
import ExperimentModel
import HostSystem
import RunStore

package struct RemoveCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove runs. Their entries in log/ stay: they are yours.")

    @Argument(help: "Runs: their ids, the beginnings of ids, or names.")
    var runs: [String]

    @Flag(name: .shortAndLong, help: "Also remove a run that is still running.")
    var force = false

    @OptionGroup var output: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let store = Project(context).store
        // All are looked up before any is removed: a mistake in the last name removes nothing.
        let folders = try runs.map(store.find)
        for folder in folders { try store.remove(folder, force: force) }
        try output.print(
            to: context.console,
            json: { try RecordCoding.encode(["removed": folders.map(\.id.text)]) },
            text: { folders.map { "removed \($0.id.short)\n" }.joined() })
        return 0
    }
}
