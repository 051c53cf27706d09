import ArgumentParser
import ContentStore
import ExperimentModel
import HostSystem

package struct StoreCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Show, free and check the room that images, wheels and environments take.",
        subcommands: [StoreUsageCommand.self, StorePruneCommand.self, StoreCheckCommand.self],
        defaultSubcommand: StoreUsageCommand.self)

    package init() {}
}

struct StoreUsageCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Say what takes how much room under $BUNSEN_HOME (the default).")

    @OptionGroup var output: FormatOption

    func run(in context: CommandContext) throws -> Int32 {
        let usage = ContentStore(home: context.home).usage()
        try output.print(
            to: context.console, json: { try RecordCoding.encode(Report(home: context.home, usage)) },
            text: { table(usage) })
        if output.format == .text {
            context.console.say(
                usage.parts.isEmpty
                    ? "nothing yet in \(context.home)"
                    : "in \(context.home), every file counted once\nhint: what can go: bunsen store prune")
        }
        return 0
    }

    private func table(_ usage: StoreUsage) -> String {
        guard !usage.parts.isEmpty else { return "" }
        var table = TextTable(
            header: ["WHAT", "COUNT", "SIZE", "UNREFERENCED", "OLDEST USE"], rightAligned: [1, 2, 3])
        for part in usage.parts {
            table.append([
                part.kind.words, String(part.count), StoreText.size(part.bytes), StoreText.size(part.unreferenced),
                part.oldestUse?.date ?? "",
            ])
        }
        table.append(["all", "", StoreText.size(usage.total), "", ""])
        return table.text
    }

    private struct Report: Encodable {
        struct Part: Encodable {
            let kind: StoreKind
            let count: Int
            let bytes: Int64
            let unreferenced: Int64
            let oldestUse: String?
        }

        let home: String
        let bytes: Int64
        let parts: [Part]

        init(home: String, _ usage: StoreUsage) {
            self.home = home
            bytes = usage.total
            parts = usage.parts.map {
                Part(
                    kind: $0.kind, count: $0.count, bytes: $0.bytes, unreferenced: $0.unreferenced,
                    oldestUse: $0.oldestUse?.description)
            }
        }
    }
}

enum StoreText {
    static func size(_ bytes: Int64) -> String { ReadableNumber.size(UInt64(max(0, bytes))) }
}

extension StoreKind {
    /// As people read it in a table.
    var words: String {
        switch self {
        case .blobs: "blobs"
        case .wheels: "wheels"
        case .packages: "Debian packages, Pythons"
        case .snapshots: "unpacked layers"
        case .facts: "facts"
        case .environments: "environments"
        case .uvCache: "uv's cache"
        case .leftovers: "leftovers"
        case .images: "names of images"
        case .programs: "uv and Pythons"
        }
    }
}
