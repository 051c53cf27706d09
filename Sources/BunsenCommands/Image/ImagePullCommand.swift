import ArgumentParser
import ContentStore
import ExperimentModel
import ImageBuilder
import OCIModel
import OCIRegistry

package struct ImagePullCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Fetch an image from its registry into the store, every byte verified.")

    @Argument(help: "The image, by tag or digest.")
    var name: String

    @OptionGroup var platform: PlatformOption
    @OptionGroup var registry: RegistryOptions

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let reference = try ImageReference(name)
        let store = ContentStore(home: context.home)
        let lease = try store.lease()
        defer { withExtendedLifetime(lease) {} }
        let selector = try reference.imageSelector()
        let images = registry.session(context).repository(reference.repository)
        try platform.check(ImagePlace.Source(images: images, selector: selector, names: []))
        let result = try Transfer.copy(
            from: images, to: BlobFolderImages.stored(in: store, reference.repository), selector,
            tags: reference.tag.map { [$0] } ?? [], platforms: .only(platform.platform ?? .host),
            what: "pulling \(reference)", context)
        if reference.tag == nil {
            try store.setImage(ImageRecord(name: "\(reference)", manifest: result.manifest))
        }
        context.console.say("fetched \(ReadableNumber.size(UInt64(max(0, result.movedBytes))))")
        context.console.writeLine("\(reference.repository)@\(result.manifest.digest)")
        return 0
    }
}
