import ArgumentParser
import BaseSystem
import ContentStore
import HostSystem
import ImageBuilder
import OCIModel
import OCIRegistry
import ProjectExport
import RecipeModel

/// The image that an exported file names: the recipe's, by the digest of what was built or pushed.
struct ExportedImage: ParsableArguments {
    @Option(name: .long, help: "The image, if not the recipe's own: a name in a registry, by tag or digest.")
    var image: String?

    @Option(name: .long, help: "A variant of the recipe.")
    var variant: String?

    @OptionGroup var registry: RegistryOptions

    init() {}

    func subject(_ context: CommandContext) throws -> ExportSubject {
        let project = Project(context)
        let recipe = try project.neededRecipe()
        for mount in recipe.run.mounts {
            let path = Files.absolute(mount.source, from: project.folder)
            guard Files.exists(path) else {
                throw Failure(
                    "run.mounts has \(mount), and \(path) does not exist", hint: "make it, or take the mount out",
                    code: .data)
            }
        }
        if let variant { _ = try recipe.variant(named: variant) }
        let lock = try LockedEnvironment.currentLock(project, recipe, mustAgree: false, context)
        var name: ImageReference
        if let image {
            name = try ImageReference(image)
        } else {
            guard recipe.image != nil else {
                throw Failure(
                    "the image of this recipe is in no registry, where others could take it from",
                    hint:
                        "add image: registry.example.org/team/\(recipe.name) to bunsen.yaml, then: bunsen build --push",
                    code: .data)
            }
            name = ImageReference(
                repository: try ImageNaming.repository(of: recipe), tag: try Tag.derived(from: lock, variant: variant))
        }
        let digest = try self.digest(of: name, context)
        let base = try BaseRequest(recipe: recipe, lock: lock)
        let isBootstrapped = try base.suite != nil
        return ExportSubject(
            recipe: recipe, image: "\(ImageReference(repository: name.repository, digest: digest))",
            user: image == nil && isBootstrapped ? ImageLayout.userName : nil,
            usesGPU: lock.torch?.build.hasPrefix("cu") ?? false)
    }

    /// The digest in the registry: what others would get. An image that was built since and not pushed is told.
    private func digest(of name: ImageReference, _ context: CommandContext) throws -> Digest {
        let repository = registry.session(context).repository(name.repository)
        let local = ContentStore(home: context.home).image(named: "\(name)")?.manifest.digest
        let remote: Digest
        do {
            remote = try repository.image(name.imageSelector()).digest
        } catch let error as OCIRegistryError where error.isMissing {
            throw Failure(
                "\(name) is not in its registry",
                hint: local == nil
                    ? "build it: bunsen build --push" : "it was built and not pushed: bunsen build --push",
                code: .missing)
        }
        if let local, local != remote, name.digest == nil {
            context.console.say(
                "note: \(name) was built again and not pushed; the file names what the registry has, \(remote.short)")
        }
        return remote
    }
}
