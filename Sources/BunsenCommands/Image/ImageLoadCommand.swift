import ArgumentParser
import ContentStore
import HostSystem
import OCIModel
import OCIRegistry

package struct ImageLoadCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Give an image of the store to Docker or Podman on this machine.",
        discussion: "The engine pulls it from Bunsen itself: no registry, no archive, the same digest.")

    @Argument(help: "The image's name, as `bunsen image list` shows it.")
    var name: String

    @Argument(help: "The engine: docker or podman.")
    var engine: LoadingEngine.Kind

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let store = ContentStore(home: context.home)
        let lease = try store.lease()
        defer { withExtendedLifetime(lease) {} }
        let reference = try ImageReference(name)
        guard reference.digest == nil else {
            throw Failure(
                "\(name) has a digest, and an engine needs a name to load an image under",
                hint: "give it one: bunsen image tag NAME NEWNAME", code: .usage)
        }
        let images = BlobFolderImages.stored(in: store, reference.repository)
        let selector = try reference.imageSelector()
        guard store.image(named: "\(reference.repository):\(selector)") != nil else {
            throw Failure(
                "there is no image \(reference) in the store", hint: "list them: bunsen image list", code: .missing)
        }
        let image = try images.image(selector)
        let loading = ImageLoading(
            engine: try LoadingEngine(engine, context), store: store, console: context.console)
        let named = ImageReference(repository: reference.repository, tag: try Tag("\(selector)"))
        try loading.load(image, as: [named])
        context.console.writeLine("\(named.repository)@\(image.digest)")
        return 0
    }
}
