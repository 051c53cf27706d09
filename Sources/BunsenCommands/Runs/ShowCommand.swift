import ArgumentParser
import ExperimentModel
import HostSystem
import RunStore

package struct ShowCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one run: command, environment, parameters, metrics and end.")

    @OptionGroup var reference: RunReference

    @Flag(name: .long, help: "Print only the path of the run's entry.")
    var entry = false

    @Flag(name: .long, help: "Print only the path of the run's folder.")
    var folder = false

    @OptionGroup var output: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let (project, folder) = try reference.find(in: context)
        if self.folder {
            context.console.writeLine(folder.path)
            return 0
        }
        let path = EntryWriting.existingEntry(of: folder.id, in: project.logbook)
        if entry {
            guard let path else {
                throw Failure(
                    "run \(folder.id.short) has no entry", hint: "write it: bunsen record \(folder.id.short)",
                    code: .missing)
            }
            context.console.writeLine(path)
            return 0
        }
        let manifest = try folder.readManifest()
        let status = folder.status(end: manifest.end)
        let metrics = try JournalContent(readingFrom: folder.journalPath).metrics
        try output.print(
            to: context.console,
            json: {
                try RecordCoding.encode(RunDetails(manifest, status, metrics.series, folder: folder.path, entry: path))
            },
            text: { RunSheet(manifest, status, metrics.series, entry: path.map(context.shown), context.console).text })
        return 0
    }
}

/// A run as `bunsen show --format json` gives it: the manifest, and what the journal came to.
private struct RunDetails: Encodable {
    struct Metric: Encodable {
        let points: Int
        let firstStep: Int64?
        let lastStep: Int64?
        let last: Double?
        let minimum: Double?
        let maximum: Double?
        let sources: [String]
    }

    let status: RunStatus
    let folder: String
    let entry: String?
    let manifest: RunManifest
    let metrics: [String: Metric]

    init(_ manifest: RunManifest, _ status: RunStatus, _ series: [MetricSeries], folder: String, entry: String?) {
        self.status = status
        self.folder = folder
        self.entry = entry
        self.manifest = manifest
        metrics = Dictionary(
            series.map { series in
                let values = series.points.map(\.value).filter { !$0.isNaN }
                let metric = Metric(
                    points: series.points.count, firstStep: series.points.first?.step,
                    lastStep: series.points.last?.step,
                    last: series.points.last?.value, minimum: values.min(), maximum: values.max(),
                    sources: series.sources.map(\.rawValue).sorted())
                return (series.name, metric)
            }, uniquingKeysWith: { $1 })
    }
}
