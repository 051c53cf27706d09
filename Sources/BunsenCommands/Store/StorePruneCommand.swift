import ArgumentParser
import ContentStore
import ExperimentModel
import HostSystem
import RecipeModel

struct StorePruneCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Show what can be removed, and remove it with --yes.",
        discussion: """
            What a name of an image refers to, what a process uses and the environment of a running run always stay.
            Without an age or a budget, only what can be made again without a download goes.

              bunsen store prune                          what would go, and how much room that frees
              bunsen store prune --yes
              bunsen store prune --older-than 30d --yes   also wheels and environments unused for 30 days
              bunsen store prune --budget 50g --yes       what was used longest ago first, until 50 GiB are left
            """)

    @Option(name: .long, help: "Also downloads and environments; all only if not used for so long: 12h, 30d, 8w.")
    var olderThan: String?

    @Option(name: .long, help: "Also downloads and environments, until what is left takes so much: 50g.")
    var budget: String?

    @Flag(name: .long, help: "Also forget images named longer ago than --older-than.")
    var images = false

    @Flag(name: [.customShort("y"), .long, .customLong("force")], help: "Remove, and do not only show.")
    var yes = false

    @OptionGroup var output: FormatOption

    func run(in context: CommandContext) throws -> Int32 {
        let result = try ContentStore(home: context.home).prune(try options(), dryRun: !yes)
        try output.print(
            to: context.console, json: { try RecordCoding.encode(Report(result, isDone: yes)) },
            text: { table(result) })
        if output.format == .text { summarize(result, context) }
        return 0
    }

    private func options() throws -> PruneOptions {
        var options = PruneOptions()
        options.olderThan = try olderThan.map { text in
            guard let age = Self.seconds(text) else {
                throw Failure("--older-than \(text) is no span of time", hint: "such as 12h, 30d or 8w", code: .usage)
            }
            return age
        }
        options.budget = try budget.map { text in
            if text == "0" { return 0 }
            guard let size = MemorySize(text) else {
                throw Failure("--budget \(text) is no size", hint: "such as 512m or 50g", code: .usage)
            }
            return size.bytes
        }
        if images, options.olderThan == nil {
            throw Failure("--images needs an age", hint: "such as --older-than 90d", code: .usage)
        }
        options.includesImages = images
        return options
    }

    /// A whole number with a unit: s, m, h, d or w; `0` needs none.
    static func seconds(_ text: String) -> Double? {
        if text == "0" { return 0 }
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400]
        guard let last = text.last, let unit = units[last], let count = UInt32(text.dropLast()) else { return nil }
        return Double(count) * unit
    }

    private func table(_ result: PruneResult) -> String {
        guard !result.removed.isEmpty else { return "" }
        // Blobs and facts are many, and their names tell a person nothing.
        let anonymous: Set<StoreKind> = [.blobs, .packages, .facts, .snapshots, .uvCache]
        var table = TextTable(header: ["WHAT", "NAME", "LAST USE", "FREES"], rightAligned: [3])
        for kind in StoreKind.allCases {
            let items = result.removed.filter { $0.item.kind == kind }
            guard let first = items.first else { continue }
            if anonymous.contains(kind) {
                let freed = items.reduce(0) { $0 + $1.freed }
                table.append([kind.words, "\(items.count) of them", first.item.lastUse.date, StoreText.size(freed)])
                continue
            }
            for (item, freed) in items {
                table.append([kind.words, item.name, item.lastUse.date, StoreText.size(freed)])
            }
        }
        return table.text
    }

    private func summarize(_ result: PruneResult, _ context: CommandContext) {
        let console = context.console
        if result.isStoreInUse { console.say("a process works with the store: what it may have used stays") }
        for (item, reason) in result.kept.prefix(5) {
            console.say("stays: \(item.kind.words) \(item.name): \(reason.rawValue)")
        }
        if result.kept.count > 5 { console.say("… and \(result.kept.count - 5) more stay") }
        let left = StoreText.size(result.before - result.freed)
        if result.removed.isEmpty {
            console.say("nothing to remove; \(left) are in use in \(context.home)")
        } else if yes {
            console.say("freed \(StoreText.size(result.freed)); \(left) are left")
        } else {
            console.say(
                "would free \(StoreText.size(result.freed)) and leave \(left)\nhint: add --yes to remove this")
        }
    }

    private struct Report: Encodable {
        struct Item: Encodable {
            let kind: StoreKind
            let name: String
            let lastUse: String
            let freed: Int64
            let reason: PruneResult.Stay?
        }

        /// False for what would only be done.
        let isDone: Bool
        let bytesBefore: Int64
        let freed: Int64
        let storeInUse: Bool
        let removed: [Item]
        let kept: [Item]

        init(_ result: PruneResult, isDone: Bool) {
            self.isDone = isDone
            bytesBefore = result.before
            freed = result.freed
            storeInUse = result.isStoreInUse
            removed = result.removed.map { item, freed in
                Item(
                    kind: item.kind, name: item.name, lastUse: item.lastUse.description, freed: freed, reason: nil)
            }
            kept = result.kept.map { item, reason in
                Item(
                    kind: item.kind, name: item.name, lastUse: item.lastUse.description, freed: 0, reason: reason)
            }
        }
    }
}
