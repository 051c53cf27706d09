import ArgumentParser
import ExperimentModel
import HostSystem
import RunStore

package struct RunsCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List the runs of this project, with the parameters that differ.",
        discussion: """
            Terms of a filter are joined by AND. A bare name is a parameter or a metric.

              bunsen runs --filter "status=finished lr>=1e-4 val_acc>0.95" --sort val_acc:desc
              bunsen runs --filter "name~digits duration<60" --format json
            """)

    @Option(name: .long, help: "Only runs that fit, such as \"status=failed lr>1e-4 val_acc>=0.95 name~digits\".")
    var filter: String?

    @Option(name: .long, help: "A field to sort by, such as val_acc:desc (default: the newest first).")
    var sort: String?

    @Option(name: [.customShort("n"), .long], help: "Show at most so many (default: 50 in a table, all in JSON).")
    var limit: Int?

    @OptionGroup var output: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        if let limit, limit < 0 { throw Failure("--limit \(limit) is less than 0", code: .usage) }
        let project = Project(context)
        let listing = RunIndex(store: project.store).listing()
        let rows = try RunQuery(filter: try filter.map(RunFilter.init), sort: try sort.map(RunSort.init)).apply(
            listing.rows)
        for damaged in listing.damaged.prefix(3) { context.console.warn("\(damaged)") }
        try output.print(
            to: context.console,
            json: { try RecordCoding.encode(rows.prefix(limit ?? .max).map(RunReport.init)) },
            text: { table(Array(rows.prefix(limit ?? 50)), context.console) })
        if output.format == .text {
            if rows.isEmpty {
                context.console.say(
                    listing.rows.isEmpty
                        ? "no runs yet in \(project.folder)\nhint: bunsen run -- python train.py"
                        : "no run fits the filter")
            } else if rows.count > limit ?? 50 {
                context.console.say("… and \(rows.count - (limit ?? 50)) more: --limit \(rows.count) shows them all")
            }
        }
        return 0
    }

    private func table(_ rows: [RunRow], _ console: Console) -> String {
        guard !rows.isEmpty else { return "" }
        let parameters = RunQuery.differingParameters(rows).prefix(6)
        let primaries = Set(rows.compactMap { $0.primary?.metric })
        let title = primaries.count == 1 ? primaries.first ?? "best" : "best"
        var table = TextTable(
            header: ["ID", "NAME", "STATUS", "STARTED", "DURATION"] + parameters.map { String($0) } + [title],
            rightAligned: Set(4..<(6 + parameters.count)))
        for row in rows {
            var best = row.primaryValue.map { ReadableNumber.text($0) } ?? ""
            if primaries.count > 1, let name = row.primary?.metric, !best.isEmpty { best = "\(name) \(best)" }
            table.append(
                [
                    row.id.short, row.name, row.status.rawValue,
                    String(row.started.rfc3339.prefix(16)).split(separator: "T").joined(separator: " "),
                    row.duration.map(ReadableNumber.duration) ?? "",
                ] + parameters.map { row.parameter($0)?.description ?? "" } + [best])
        }
        return table.text
    }
}

/// A run as `--format json` gives it.
struct RunReport: Encodable {
    let id: RunID
    let name: String
    let status: RunStatus
    let started: String
    let duration: Double?
    let parameters: [String: ParameterValue]
    let metrics: [String: Double]
    let primary: Primary?

    struct Primary: Encodable {
        let metric: String
        let goal: PrimaryMetric.Goal
        let best: Double?
        let step: Int64?
    }

    init(_ row: RunRow) {
        id = row.id
        name = row.name
        status = row.status
        started = row.started.description
        duration = row.duration
        parameters = Dictionary(row.parameters.map { ($0.name, $0.value) }) { $1 }
        metrics = Dictionary(row.metrics.map { ($0.name, $0.value) }) { $1 }
        primary = row.primary.map {
            Primary(metric: $0.metric, goal: $0.goal, best: row.primaryValue, step: row.primaryStep)
        }
    }
}
