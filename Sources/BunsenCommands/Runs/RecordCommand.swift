import ArgumentParser
import ExperimentModel
import HostSystem
import RunCapture
import RunStore

package struct RecordCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Write a run's entry, or write it again.",
        discussion: """
            What you wrote in an entry stays, byte for byte. A block of Bunsen's that you edited is not overwritten: the \
            command stops and names it. --force writes it all the same and keeps your version beside it.
            """)

    @OptionGroup var reference: RunReference

    @Flag(name: .long, help: "Also replace blocks that were edited or removed by hand.")
    var force = false

    @Option(name: .long, help: "Language of the entry: en or zh.")
    var language: String?

    @OptionGroup var output: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let (project, folder) = try reference.find(in: context)
        if folder.isHeld {
            throw Failure(
                "run \(folder.id.short) is still running", hint: "its entry is written at its end", code: .notNow)
        }
        var manifest = try folder.readManifest()
        if let language = try RunSession.language(language) { manifest.language = language }
        let reading = try JournalReading(folder)
        let redaction = Redaction(environment: context.environment)
        // A run whose supervisor was killed has nobody else who does this.
        if manifest.summary == nil { RunSummary.complete(&manifest, from: reading, redaction: redaction) }
        let entry = try EntryWriting.write(
            folder, manifest, reading, logbook: project.logbook, force: force, redaction: redaction)
        try output.print(
            to: context.console,
            json: { try RecordCoding.encode(["entry": entry, "run": folder.id.text]) },
            text: { context.shown(entry) + "\n" })
        return 0
    }
}
