import ArgumentParser
import ContentStore
import ExperimentModel
import HostSystem
import OCIModel

package struct ImageCopyCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Copy an image from one place to another; digests stay.", aliases: ["cp"])

    @Argument(help: "Where it is.")
    var from: String

    @Argument(help: "Where it goes.")
    var to: String

    @OptionGroup var registry: RegistryOptions

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let registries = registry.session(context)
        let lease = try ContentStore(home: context.home).lease()
        defer { withExtendedLifetime(lease) {} }
        let source = try ImagePlace(from, registries, context)
        let destination = try ImagePlace(to, registries, context)
        let result = try Transfer.copy(
            from: source.source, to: destination.destination, source.selector, tags: destination.tags,
            what: "copying \(from) to \(to)", context)
        context.console.say("moved \(ReadableNumber.size(UInt64(max(0, result.movedBytes))))")
        context.console.writeLine("\(result.manifest.digest)")
        return 0
    }
}
