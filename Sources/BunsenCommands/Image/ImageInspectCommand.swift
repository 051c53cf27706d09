import ArgumentParser
import ContentStore
import ExperimentModel
import OCIModel
import OCIRegistry

package struct ImageInspectCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what an image is made of.")

    @Argument(help: "A place: see `bunsen image --help`.")
    var place: String

    @OptionGroup var platform: PlatformOption
    @OptionGroup var registry: RegistryOptions
    @OptionGroup var format: FormatOption

    package init() {}

    private struct Sheet: Encodable {
        let name: String
        let digest: String
        let size: Int64
        let configuration: ImageConfiguration
        let layers: [ContentDescriptor]
    }

    package func run(in context: CommandContext) throws -> Int32 {
        let place = try ImagePlace(self.place, registry.session(context), context)
        let (image, configuration) = try place.explaining {
            let source = try place.openSource()
            try platform.check(source)
            let image = try source.images.image(source.selector, for: platform.platform ?? .host)
            return (image, try source.images.configuration(of: image).value)
        }
        let sheet = Sheet(
            name: self.place, digest: "\(image.digest)", size: image.value.layers.reduce(0) { $0 &+ $1.size },
            configuration: configuration, layers: image.value.layers)
        try format.print(
            to: context.console, json: { try RecordCoding.encode(sheet) }, text: { text(sheet) })
        return 0
    }

    private func text(_ sheet: Sheet) -> String {
        var lines = [
            "\(sheet.name)", "digest    \(sheet.digest)",
            "size      \(ReadableNumber.size(UInt64(max(0, sheet.size)))) in \(sheet.layers.count) layers",
            "platform  \(sheet.configuration.platform)",
        ]
        let execution = sheet.configuration.config
        if let user = execution?.user { lines.append("user      \(user)") }
        if let entrypoint = execution?.entrypoint { lines.append("starts    \(entrypoint.joined(separator: " "))") }
        for (name, value) in (execution?.labels ?? [:]).sorted(by: { $0.key < $1.key }) {
            lines.append("label     \(name)=\(value)")
        }
        for variable in execution?.environment ?? [] { lines.append("variable  \(variable)") }
        var table = TextTable(header: ["LAYER", "SIZE", "WHAT"], rightAligned: [1])
        for layer in sheet.layers {
            table.append([
                layer.digest.short, ReadableNumber.size(UInt64(max(0, layer.size))),
                layer.annotations?["org.opencontainers.image.title"] ?? "",
            ])
        }
        return lines.joined(separator: "\n") + "\n\n" + table.text
    }
}
