import ArgumentParser
import ContentStore
import ExperimentModel
import HostSystem
import OCIModel

package struct ImageListCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the images of the store, or the tags of a repository.",
        aliases: ["ls"])

    @Argument(help: "A repository of a registry: registry.example.org/team/digits.")
    var repository: String?

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var format: FormatOption

    package init() {}

    private struct Row: Encodable {
        let name: String
        let digest: String
        let size: Int64?
        let time: Timestamp
        let project: String?
    }

    package func run(in context: CommandContext) throws -> Int32 {
        if let repository {
            let tags = try registry.session(context).repository(try Repository(repository)).tags()
            try format.print(
                to: context.console, json: { try RecordCoding.encode(tags.map(\.description)) },
                text: { tags.map { "\($0)\n" }.joined() })
            return 0
        }
        let store = ContentStore(home: context.home)
        let rows = store.images().map { record in
            Row(
                name: record.name, digest: "\(record.manifest.digest)", size: size(record, store), time: record.time,
                project: record.project)
        }
        try format.print(
            to: context.console, json: { try RecordCoding.encode(rows) },
            text: {
                var table = TextTable(header: ["NAME", "DIGEST", "SIZE", "WHEN"], rightAligned: [2])
                for row in rows {
                    table.append([
                        row.name, String(row.digest.dropFirst(7).prefix(12)),
                        row.size.map { ReadableNumber.size(UInt64(max(0, $0))) } ?? "", row.time.rfc3339,
                    ])
                }
                return table.text
            })
        return 0
    }

    private func size(_ record: ImageRecord, _ store: ContentStore) -> Int64? {
        guard let bytes = try? store.read(record.manifest.digest),
            let manifest = try? Document<ImageManifest>(parsing: bytes, mediaType: record.manifest.mediaType)
        else { return nil }
        return manifest.value.layers.reduce(0) { $0 &+ $1.size }
    }
}
