import ArgumentParser
import ExperimentModel
import HostSystem
import RunStore

package struct NoteCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "note", abstract: "Add a remark to the Observations of a run's entry.")

    @Argument(help: "A run: its id or the beginning of it, its name, or latest.")
    var run: String

    @Argument(help: "The remark.")
    var text: String

    @OptionGroup var output: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let project = Project(context)
        let folder = try project.store.find(run)
        let remark = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard !remark.allSatisfy(\.isWhitespace) else { throw Failure("the remark is empty", code: .usage) }
        let language = try folder.readManifest().language
        guard
            let entry = try EntryWriting.append(
                note: remark, to: folder.id, language: language, logbook: project.logbook)
        else {
            throw Failure(
                "run \(folder.id.short) has no entry to write in",
                hint: "write it first: bunsen record \(folder.id.short)",
                code: folder.isHeld ? .notNow : .missing)
        }
        try output.print(
            to: context.console,
            json: { try RecordCoding.encode(["entry": entry, "note": remark]) },
            text: { context.shown(entry) + "\n" })
        return 0
    }
}
