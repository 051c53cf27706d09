import ArgumentParser
import ContentStore
import ExperimentModel
import OCIModel

package struct ImagePushCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Send an image of the store to its registry.")

    @Argument(help: "The image's name, as `bunsen image list` shows it.")
    var name: String

    @Argument(help: "Where it goes, when that is not what it is called.")
    var destination: String?

    @OptionGroup var registry: RegistryOptions

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let store = ContentStore(home: context.home)
        let source = try ImageReference(name)
        guard
            let record = store.image(named: "\(source)")
                ?? source.digest.flatMap({ digest in
                    store.has(digest)
                        ? ImageRecord(name: name, manifest: .init(mediaType: .manifest, digest: digest, size: 0)) : nil
                })
        else {
            throw Failure(
                "there is no image \(source) in the store", hint: "list them: bunsen image list", code: .missing)
        }
        let target = try destination.map { try ImageReference($0) } ?? source
        let moved = try Transfer.push(
            target, digest: record.manifest.digest, store, registry.session(context), context)
        context.console.say("sent \(ReadableNumber.size(UInt64(max(0, moved)))) to \(target.repository)")
        context.console.writeLine("\(target.repository)@\(record.manifest.digest)")
        return 0
    }
}
