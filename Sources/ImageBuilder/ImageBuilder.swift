import ContentStore
import HostSystem
import OCIModel
import RecipeModel

/// Builds the image of a lock: no daemon, no Dockerfile, nothing compressed that was compressed before. The same lock
/// gives the same image, bit for bit, on any machine.
package struct ImageBuilder: Sendable {
    let store: ContentStore
    /// The variables of this process, for tools.
    let environment: [String: String]
    let progress: BuildProgress

    /// Engines accept no more layers than this in one image.
    static let layerLimit = 127
    /// Layers that may come above those of the wheels: bytecode and the environment.
    private static let layersAbove = BytecodeLayers.Room.plain.layers + 1
    /// Layers that are left for the wheels of a variant, and for its system, bytecode and environment.
    private static let variantWheels = 12
    private static let variantOthers = 3

    package init(store: ContentStore, environment: [String: String], progress: BuildProgress) {
        self.store = store
        self.environment = environment
        self.progress = progress
    }

    /// Builds an image into the store and gives it its name there.
    package func build(_ request: ImageRequest, on base: ImageBase) throws -> BuiltImage {
        let lease = try store.lease()
        defer { withExtendedLifetime(lease) {} }
        let layout = ImageLayout(python: request.lock.python, baseInterpreter: base.interpreter)
        let wheelLayers = WheelLayers(store: store, request: request, layout: layout, progress: progress)
        let reserved = Self.layersAbove + Self.variantWheels + Self.variantOthers
        let wheels = try wheelLayers.make(
            try WheelPin.all(of: request.lock.packages), room: Self.layerLimit - base.layers.count - reserved)
        var settings = settings(request, base, variant: nil)
        progress.begin("writing the environment")
        let environmentLayer = try environmentLayer(
            request, "environment",
            EnvironmentFiles(layout: layout, pythonVersion: base.pythonVersion, variables: settings.variables))
        let below = base.layers.map(BuiltImage.Layer.init)
        /// All layers but those with compiled modules: what programs run in.
        var running = below + wheels.layers + [environmentLayer]
        let bytecode = try compileModules(request, layout, running, wheels, settings)
        var layers = below + wheels.layers + bytecode.layers + [environmentLayer]
        var notes = wheels.facts.flatMap(\.warnings) + bytecode.notes
        var all = wheels
        if let variant = request.variant {
            // Everything of the plain image is below, so that an engine that has it unpacks the variant's own only.
            settings = self.settings(request, base, variant: variant)
            let added = try wheelLayers.make(
                try WheelPin.all(of: request.addedPackages), on: wheels, room: Self.variantWheels)
            let top = try self.environmentLayer(
                request, "environment of \(variant.name)", EnvironmentFiles(variables: settings.variables))
            let own = base.variantLayers.map(BuiltImage.Layer.init) + added.layers
            running += own + [top]
            let compiled = try compileModules(request, layout, running, added, room: .variant, settings)
            layers += own + compiled.layers + [top]
            notes += added.facts.flatMap(\.warnings) + compiled.notes
            all.add(added)
        }
        guard layers.count <= Self.layerLimit else {
            throw ImageBuildError(
                .tooManyLayers, "\(request.name)",
                "it would have \(layers.count) layers, engines accept \(Self.layerLimit)",
                hint: "use a base with fewer layers")
        }
        let proof = try request.provesLibraries ? proveLibraries(request, layout, running, all, settings) : nil
        let isHere = LayerUnit.all(of: running).allSatisfy { $0.isHere(in: store) }
        let imported = request.importsTorch && isHere ? try importTorch(request, running, settings) : nil
        try unpackModules(layers)
        notes += LayersAway(layers, target: request.layers.target, uncompared: all.uncompared)
            .notes(request, isProven: proof != nil, isImported: imported != nil)
        let packages = all.wheels.map { wheel in
            BuiltImage.Package(
                name: wheel.name, version: wheel.version, size: wheel.size,
                unpackedSize: all.known[wheel]?.unpackedSize ?? 0)
        }
        return try publish(request, layers, packages, settings, notes: notes, proof, imported)
    }

    /// Brings everything that a build takes from the network into the store.
    package func fetch(_ request: ImageRequest) throws {
        let lease = try store.lease()
        defer { withExtendedLifetime(lease) {} }
        _ = try WheelFetcher(store: store, files: request.files, progress: progress)
            .fetch(try WheelPin.all(of: request.lock.packages + request.addedPackages))
    }

    // MARK: Steps

    private func settings(_ request: ImageRequest, _ base: ImageBase, variant: Recipe.Variant?) -> ImageSettings {
        let variables = request.recipe.run.environment.merging(variant?.environment ?? [:]) { $1 }
        let lock = variant.flatMap { request.lock.variant($0.name) } ?? request.lock
        return ImageSettings(
            title: request.recipe.name, recipeDigest: request.recipeDigest, lockDigest: lock.digest,
            torch: request.lock.torch?.version ?? "",
            compute: request.lock.torch.map { Self.compute($0.build) } ?? "", python: base.pythonVersion,
            baseName: base.name, baseDigest: base.digest, variant: variant?.name, userID: request.userID,
            baseEnvironment: base.environment, environment: variables, entrypoint: base.initProgram,
            created: base.created)
    }

    /// `12.8` for `cu128`.
    private static func compute(_ build: String) -> String {
        build.hasPrefix("cu") && build.count > 3 ? "\(build.dropFirst(2).dropLast()).\(build.suffix(1))" : build
    }

    private func environmentLayer(
        _ request: ImageRequest, _ title: String, _ files: EnvironmentFiles
    ) throws -> BuiltImage.Layer {
        let maker = EnvironmentLayerMaker(
            store: store, keepsSnapshot: request.needsSnapshots, userID: request.userID)
        return BuiltImage.Layer(
            kind: .environment, title: title, record: try maker.make(files), wheels: [], isMade: true)
    }

    private func compileModules(
        _ request: ImageRequest, _ layout: ImageLayout, _ layers: [BuiltImage.Layer], _ wheels: WheelLayers.Result,
        room: BytecodeLayers.Room = .plain, _ settings: ImageSettings
    ) throws -> (layers: [BuiltImage.Layer], notes: [String]) {
        guard request.compilesModules else { return ([], []) }
        return try BytecodeLayers(
            store: store, layout: layout, pythonVersion: settings.python, host: environment, progress: progress
        ).make(
            wheels.wheels, wheels.facts, room: room,
            isUsable: { record in
                guard !request.layers.areMadeAnew else { return false }
                return try store.has(record.descriptor.digest, size: record.descriptor.size)
                    || request.layers.target.has(record.descriptor)
            }, sandbox: { try sandbox(request, layers, settings) })
    }

    /// No check needs compiled modules, but the first container does: layers that an earlier build made, and of which
    /// nothing is unpacked any more, are unpacked now.
    private func unpackModules(_ layers: [BuiltImage.Layer]) throws {
        for unit in LayerUnit.all(of: layers.filter { $0.kind == .bytecode }) where unit.isHere(in: store) {
            _ = try unit.snapshot(in: store)
        }
    }

    /// - Throws: when something in the image lacks a library that it cannot do without.
    private func proveLibraries(
        _ request: ImageRequest, _ layout: ImageLayout, _ layers: [BuiltImage.Layer],
        _ wheels: WheelLayers.Result, _ settings: ImageSettings
    ) throws -> LibraryCheck.Result? {
        let result = try LibraryCheck(
            store: store, layout: layout, variables: settings.variableTable,
            facts: wheels.known, progress: progress
        ).run(layers)
        if let error = result?.verdict.refusal(of: "\(request.name)", wheels.wheels) { throw error }
        return result
    }

    /// Once for each image: what its interpreter said before is remembered.
    private func importTorch(
        _ request: ImageRequest, _ layers: [BuiltImage.Layer], _ settings: ImageSettings
    ) throws -> ImportCheck.Result {
        let key = RecordKey(
            "import",
            parts: layers.map(\.record.diffID.description) + settings.variables.map { "\($0.name)=\($0.value)" })
        if let result = store.record(key, as: ImportCheck.Result.self) { return result }
        progress.begin(request.lock.torch == nil ? "starting Python in the image" : "importing torch in the image")
        let result = try ImportCheck(
            sandbox: try sandbox(request, layers, settings), hasTorch: request.lock.torch != nil, host: environment
        ).run()
        try store.setRecord(result, for: key)
        return result
    }

    private func sandbox(
        _ request: ImageRequest, _ layers: [BuiltImage.Layer], _ settings: ImageSettings
    ) throws -> ImageSandbox {
        return ImageSandbox(
            layers: try LayerUnit.all(of: layers).map { try $0.snapshot(in: store) }, store: store,
            variables: settings.variableTable, userID: request.userID)
    }

    private func publish(
        _ request: ImageRequest, _ layers: [BuiltImage.Layer], _ packages: [BuiltImage.Package],
        _ settings: ImageSettings, notes: [String],
        _ proof: LibraryCheck.Result?, _ imported: ImportCheck.Result?
    ) throws -> BuiltImage {
        let history = layers.map { layer in
            ImageConfiguration.History(created: settings.created, createdBy: "bunsen build", comment: layer.title)
        }
        var configuration = ImageConfiguration(
            platform: .host, config: settings.execution, diffIDs: layers.map(\.record.diffID), history: history)
        configuration.created = settings.created
        let configurationDocument = try Document(configuration, mediaType: .configuration)
        let manifest = ImageManifest(
            config: configurationDocument.descriptor, layers: layers.map(LayerAnnotations.descriptor(of:)),
            annotations: ["org.opencontainers.image.title": settings.title])
        let manifestDocument = try Document(manifest, mediaType: .manifest)
        let previous = previousImage(request.name)
        try store.setRecord(packages, for: Self.packagesKey(manifestDocument.digest))
        try store.store(configurationDocument)
        try store.store(manifestDocument)
        try store.setImage(
            ImageRecord(
                name: request.name.description, manifest: manifestDocument.descriptor, project: request.project))
        var marked = layers
        if let previous {
            for index in marked.indices {
                marked[index].wasInPrevious = previous.layers.contains(marked[index].record.descriptor.digest)
            }
        }
        return BuiltImage(
            name: request.name, manifest: manifestDocument, configuration: configurationDocument, layers: marked,
            packages: packages, previous: previous?.image, notes: notes, proof: proof, imported: imported)
    }

    private func previousImage(_ name: ImageReference) -> (layers: Set<Digest>, image: BuiltImage.Previous)? {
        guard let record = store.image(named: name.description),
            let bytes = try? store.read(record.manifest.digest),
            let manifest = try? Document<ImageManifest>(parsing: bytes, mediaType: record.manifest.mediaType)
        else { return nil }
        let packages = store.record(Self.packagesKey(manifest.digest), as: [BuiltImage.Package].self)
        return (Set(manifest.value.layers.map(\.digest)), .init(digest: manifest.digest, packages: packages))
    }

    /// What is in an image, for the report of the build that follows.
    private static func packagesKey(_ manifest: Digest) -> RecordKey {
        RecordKey("image-packages", manifest.description)
    }
}
