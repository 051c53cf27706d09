import ArgumentParser
import ExperimentModel
import HostSystem
import TensorBoardEvents

package struct InspectCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what a TensorBoard event file holds, and whether it is sound.")

    @Argument(help: "An event file (events.out.tfevents…).")
    var file: String

    @OptionGroup var output: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let summary = try EventFileSummary(path: context.path(file))
        try output.print(
            to: context.console,
            json: { try RecordCoding.encode(summary) },
            text: { text(summary) })
        if case .notAnEventFile = summary.outcome { return ExitCode.data.rawValue }
        if case .corrupt = summary.outcome { return ExitCode.data.rawValue }
        return 0
    }

    private func text(_ summary: EventFileSummary) -> String {
        var text =
            "\(file): \(summary.totals.records) records, \(ReadableNumber.size(UInt64(summary.totals.bytes))), \(summary.outcome)\n"
        if summary.totals.badChecksums > 0 {
            text += "\(summary.totals.badChecksums) records are damaged and left out\n"
        }
        guard !summary.tags.isEmpty else { return text }
        var table = TextTable(
            header: ["TAG", "KIND", "COUNT", "FIRST", "LAST STEP", "MIN", "MAX", "LAST"], rightAligned: Set(2..<8))
        for tag in summary.tags {
            let statistics = tag.statistics
            table.append([
                tag.name, statistics.kind.rawValue, String(statistics.count), String(statistics.firstStep),
                String(statistics.lastStep), statistics.minimum.map { ReadableNumber.text($0) } ?? "",
                statistics.maximum.map { ReadableNumber.text($0) } ?? "", statistics.last?.valueText ?? "",
            ])
        }
        return text + "\n" + table.text
    }
}
