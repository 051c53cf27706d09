import ArgumentParser
import OCIRegistry

package struct ImageDeleteCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Take a name away, or with a digest the image with all its names.",
        discussion: "Blobs go when the place collects its garbage: `bunsen store prune` for the store.",
        aliases: ["rm"])

    @Argument(help: "A place: see `bunsen image --help`.")
    var place: String

    @OptionGroup var registry: RegistryOptions

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let place = try ImagePlace(self.place, registry.session(context), context)
        try place.explaining { try place.delete() }
        context.console.say("deleted \(self.place)")
        return 0
    }
}
