import ArgumentParser
import Engines
import ExperimentModel
import GPUDevices

struct DoctorEnginesCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "engines", abstract: "Show every engine, with the reason why it can be used or not.")

    @OptionGroup var format: FormatOption

    private struct Row: Encodable {
        let engine: EngineName
        let usable: Bool
        /// Version and place, or what is missing.
        let why: String
        let hint: String?
    }

    func run(in context: CommandContext) throws -> Int32 {
        let rows = EngineCatalog.ofThisMachine(NVML()?.inventory() ?? [], context).engines.map { engine in
            switch engine.availability() {
            case .usable(let detail): Row(engine: engine.name, usable: true, why: detail, hint: nil)
            case .unusable(let reason, let hint): Row(engine: engine.name, usable: false, why: reason, hint: hint)
            }
        }
        try format.print(to: context.console, json: { try RecordCoding.encode(rows) }, text: { table(rows) })
        if format.format == .text {
            for row in rows {
                if let hint = row.hint { context.console.say("hint: \(row.engine.rawValue): \(hint)") }
            }
        }
        return 0
    }

    private func table(_ rows: [Row]) -> String {
        var table = TextTable(header: ["ENGINE", "USABLE", "WHY"])
        for row in rows { table.append([row.engine.rawValue, row.usable ? "yes" : "no", row.why]) }
        return table.text
    }
}
