import ArgumentParser
import BaseSystem
import ContentStore
import ExperimentModel
import HostSystem
import ImageBuilder
import LayerArchive
import OCIModel
import OCIRegistry
import RecipeModel
import Resolver

package struct BuildCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build the image of the lock: no daemon, no Dockerfile, the same digest everywhere.",
        discussion: """
            The image stays in Bunsen's store; --push sends it to its registry, --load gives it to Docker or Podman on \
            this machine, --output copies it to another place.

              bunsen build --push
              bunsen build --load docker
              bunsen build --output oci:./image
              bunsen build --output docker-archive:image.tar
            """)

    @Option(
        name: [.customShort("t"), .customLong("tag")],
        help: "The image's name (default: the recipe's image, with a tag such as v2.8-cu128). May be repeated.")
    var tags: [String] = []

    @Flag(name: .long, help: "Send the image to the registry that its name has.")
    var push = false

    @Option(
        name: .long,
        help: ArgumentHelp("Give the image to an engine of this machine: docker or podman.", valueName: "engine"))
    var load: LoadingEngine.Kind?

    @Option(name: .shortAndLong, help: "Copy the image to a place too, such as oci:FOLDER or docker-archive:FILE.")
    var output: String?

    @Option(name: .long, help: "Build a variant of the recipe.")
    var variant: String?

    @Option(name: .long, help: "How layers are compressed: gzip, estargz or zstd.")
    var layers = LayerCompression.gzip

    @Option(name: .long, help: "The number of the image's user, who owns what containers write.")
    var uid: UInt32 = 1000

    @Flag(name: .long, help: "Compile the modules, so that the first start of a container need not do it.")
    var bytecode = false

    @Flag(
        name: .long, inversion: .prefixedNo,
        help: "Prove that every library is in the image and import torch there (default: where all layers are here).")
    var check: Bool?

    @Flag(name: .long, help: "Make every layer anew, whatever earlier builds and the registry have.")
    var noCache = false

    @Flag(name: .long, help: "Show the sizes of packages and layers, and what is new.")
    var report = false

    @Flag(name: .long, help: "Fail when the recipe and its locks disagree, instead of locking again.")
    var locked = false

    @Flag(name: .long, help: "Only fetch what the build needs from the network.")
    var fetchOnly = false

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var format: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let project = Project(context)
        let recipe = try project.neededRecipe()
        let started = monotonicSeconds()
        let engine = try load.map { try LoadingEngine($0, context) }
        try engine?.check(layers == .zstd ? [.layerZstd] : [])
        let registries = registry.session(context)
        let place = try output.map { try ImagePlace($0, registries, context) }
        try place?.checkDestination()
        let chosen = try variant.map(recipe.variant(named:))
        let lock = try LockedEnvironment.currentLock(project, recipe, mustAgree: locked, context)
        let names = try self.names(recipe, lock)
        let known = try knownLayers(names, registries)
        let baseLock = try BaseLocking.current(project, recipe, lock, mustAgree: locked, registries, context)
        let store = ContentStore(home: context.home)
        // What the build finds stays until it is done, whoever prunes meanwhile.
        let lease = try store.lease()
        defer { withExtendedLifetime(lease) {} }
        let display = BuildDisplay(context.console)
        let progress = BuildProgress { display.show($0) }
        var request = ImageRequest(
            name: names[0], recipe: recipe, recipeDigest: try project.recipeDigest() ?? "",
            lock: lock,
            files: try LockedFiles(
                folder: project.folder, pylock: lock.variant(variant ?? "")?.pylockName ?? Lock.pylockName,
                home: context.home, environment: context.environment),
            project: project.folder)
        request.variant = chosen
        request.format = layers.format
        request.compilesModules = bytecode
        request.provesLibraries = check ?? true
        request.importsTorch = check ?? true
        request.userID = uid
        request.layers = known
        let baseMaker = ImageBaseMaker(
            store: store, environment: context.environment, registries: registries, progress: progress)
        let builder = ImageBuilder(store: store, environment: context.environment, progress: progress)
        if fetchOnly {
            try builder.fetch(request)
            try baseMaker.fetch(baseLock, variant: chosen?.name)
            context.console.endProgress()
            return 0
        }
        let base = try baseMaker.base(baseLock, variant: chosen?.name, userID: uid, layers: known)
        // Layers go out as they are made, beside the making of the others.
        let early = push ? earlyCopy(names[0], store, registries) : nil
        if let early { request.onLayer = { early.begin($0) } }
        let image: BuiltImage
        do {
            image = try builder.build(request, on: base)
        } catch {
            early?.cancel()
            throw error
        }
        context.console.endProgress()
        let built = monotonicSeconds() - started
        var report = BuildReport(image, seconds: built)
        for name in names {
            try store.setImage(.init(name: "\(name)", manifest: image.manifest.descriptor, project: project.folder))
        }
        if let engine {
            try ImageLoading(engine: engine, store: store, console: context.console).load(image.manifest, as: names)
            report.loadedInto = engine.kind.rawValue
        }
        report.moved += early?.finish() ?? 0
        for name in names where push {
            report.moved += try Transfer.push(
                name, digest: image.manifest.digest, store, registries, context)
        }
        if let place, let output {
            let destination = try place.openDestination(names: names)
            _ = try Transfer.copy(
                from: BlobFolderImages.stored(in: store, names[0].repository), to: destination.images,
                .digest(image.manifest.digest), tags: destination.tags, what: "writing \(output)", context)
        }
        report.totalSeconds = monotonicSeconds() - started
        try format.print(
            to: context.console, json: { try RecordCoding.encode(report) },
            text: { self.report ? report.table : report.summary })
        for note in image.notes { context.console.say("note: \(note)") }
        return 0
    }

    private func earlyCopy(_ name: ImageReference, _ store: ContentStore, _ registries: RegistrySession) -> EarlyCopy {
        EarlyCopy(
            ImageCopy(
                from: BlobFolderImages.stored(in: store, name.repository),
                to: registries.repository(name.repository)))
    }

    /// Which layers are taken as they are. A registry that the image goes to is asked now whether it would take it.
    private func knownLayers(_ names: [ImageReference], _ registries: RegistrySession) throws -> ImageRequest.Layers {
        var known = ImageRequest.Layers()
        known.mustBeHere = check == true || bytecode
        known.areMadeAnew = noCache
        if push, !fetchOnly {
            var repositories: [Repository] = []
            for name in names where !repositories.contains(name.repository) { repositories.append(name.repository) }
            let target = PushTarget(repositories.map(registries.repository), tag: names.first?.tag)
            try target.open()
            // Engines and other places are given whole images.
            if output == nil, load == nil { known.target = target }
        }
        return known
    }

    /// What the image is called, the first being the one that it is stored under.
    private func names(_ recipe: Recipe, _ lock: Lock) throws -> [ImageReference] {
        let derived = try Tag.derived(from: lock, variant: variant)
        var names = try tags.map { text in
            var reference = try ImageReference(text)
            guard reference.digest == nil else {
                throw Failure("-t \(text) has a digest", hint: "an image gets its digest by being built", code: .usage)
            }
            if reference.tag == nil { reference.tag = derived }
            return reference
        }
        if names.isEmpty {
            if push, recipe.image == nil {
                throw Failure(
                    "there is no registry to push to",
                    hint: "add image: registry.example.org/team/\(recipe.name) to the recipe, or give -t", code: .usage)
            }
            names = [ImageReference(repository: try ImageNaming.repository(of: recipe), tag: derived)]
        }
        return names
    }
}

enum LayerCompression: String, ExpressibleByArgument, CaseIterable {
    case gzip, estargz, zstd

    var format: LayerFormat {
        switch self {
        case .gzip: .gzip
        case .estargz: .estargz
        case .zstd: .zstd
        }
    }
}
