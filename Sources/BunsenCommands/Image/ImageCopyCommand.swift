import ArgumentParser
import ContentStore
import ExperimentModel
import HostSystem
import OCIModel

package struct ImageCopyCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Copy an image from one place to another; digests stay.",
        discussion: """
            An image for several platforms is copied with all of them, except from and to archives, which get the one for \
            this machine.

              bunsen image copy store:registry.example.org/team/digits:v2.13-cpu docker-archive:digits.tar
            """,
        aliases: ["cp"])

    @Argument(help: "Where it is: see `bunsen image --help`.")
    var from: String

    @Argument(help: "Where it goes.")
    var to: String

    @OptionGroup var platform: PlatformOption
    @OptionGroup var registry: RegistryOptions

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let registries = registry.session(context)
        let lease = try ContentStore(home: context.home).lease()
        defer { withExtendedLifetime(lease) {} }
        let sourcePlace = try ImagePlace(from, registries, context)
        let place = try ImagePlace(to, registries, context)
        try place.checkDestination()
        let result = try sourcePlace.explaining {
            let source = try sourcePlace.openSource()
            try platform.check(source)
            let destination = try place.openDestination(names: source.names)
            let wanted = platform.platform ?? (sourcePlace.isArchive || place.isArchive ? .host : nil)
            let result = try Transfer.copy(
                from: source.images, to: destination.images, source.selector, tags: destination.tags,
                platforms: wanted.map { .only($0) } ?? .all, what: "copying \(from) to \(to)", context)
            if place.isArchive, destination.tags.isEmpty {
                context.console.say("note: the archive gives the image no name; \(to):NAME:TAG would")
            }
            return result
        }
        context.console.say("moved \(ReadableNumber.size(UInt64(max(0, result.movedBytes))))")
        context.console.writeLine("\(result.manifest.digest)")
        return 0
    }
}
