import ContentStore
import HostSystem
import OCIModel

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
    private static let layersAbove = 8

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
        let wheels = try WheelLayers(store: store, request: request, layout: layout, progress: progress)
            .make(room: Self.layerLimit - base.layers.count - Self.layersAbove)
        let settings = settings(request, base)
        progress.begin("writing the environment")
        let files = EnvironmentFiles(
            layout: layout, pythonVersion: base.pythonVersion, variables: settings.variables)
        let environmentLayer = BuiltImage.Layer(
            kind: .environment, title: "environment",
            record: try EnvironmentLayerMaker(
                store: store, keepsSnapshot: request.needsSnapshots, userID: request.userID
            ).make(files), wheels: [], isMade: true)
        let below = base.layers.map {
            BuiltImage.Layer(kind: $0.kind, title: $0.title, record: $0.record, wheels: [], isMade: $0.isMade)
        }
        let plain = below + wheels.layers + [environmentLayer]
        let bytecode = try compileModules(request, layout, plain, wheels.facts, settings)
        let layers = below + wheels.layers + bytecode.layers + [environmentLayer]
        guard layers.count <= Self.layerLimit else {
            throw ImageBuildError(
                .tooManyLayers, "\(request.name)",
                "it would have \(layers.count) layers, engines accept \(Self.layerLimit)",
                hint: "use a base with fewer layers")
        }
        let imported = request.importsTorch ? try importTorch(request, plain, settings) : nil
        return try publish(
            request, layers, settings, notes: wheels.facts.flatMap(\.warnings) + bytecode.notes, imported)
    }

    /// Brings everything that a build takes from the network into the store.
    package func fetch(_ request: ImageRequest) throws {
        let lease = try store.lease()
        defer { withExtendedLifetime(lease) {} }
        _ = try WheelFetcher(store: store, files: request.files, progress: progress)
            .fetch(try WheelPin.all(of: request.lock))
    }

    // MARK: Steps

    private func settings(_ request: ImageRequest, _ base: ImageBase) -> ImageSettings {
        let variables = request.recipe.run.environment.merging(request.variant?.environment ?? [:]) { $1 }
        return ImageSettings(
            title: request.recipe.name, recipeDigest: request.recipeDigest, lockDigest: request.lock.digest,
            torch: request.lock.torch?.version ?? "",
            compute: request.lock.torch.map { Self.compute($0.build) } ?? "", python: base.pythonVersion,
            baseName: base.name, baseDigest: base.digest, variant: request.variant?.name, userID: request.userID,
            environment: variables, entrypoint: base.initProgram, created: base.created)
    }

    /// `12.8` for `cu128`.
    private static func compute(_ build: String) -> String {
        build.hasPrefix("cu") && build.count > 3 ? "\(build.dropFirst(2).dropLast()).\(build.suffix(1))" : build
    }

    private func compileModules(
        _ request: ImageRequest, _ layout: ImageLayout, _ layers: [BuiltImage.Layer], _ facts: [WheelFacts],
        _ settings: ImageSettings
    ) throws -> (layers: [BuiltImage.Layer], notes: [String]) {
        guard request.compilesModules else { return ([], []) }
        return try BytecodeLayers(
            store: store, layout: layout, pythonVersion: settings.python, host: environment, progress: progress
        ).make(
            try WheelPin.all(of: request.lock), facts,
            isUsable: { record in
                store.has(record.descriptor.digest, size: record.descriptor.size)
                    || request.isElsewhere(record.descriptor)
            }, sandbox: { try sandbox(request, layers, settings) })
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
        var variables: [String: String] = [:]
        for variable in settings.variables { variables[variable.name] = variable.value }
        return ImageSandbox(
            layers: try snapshots(of: layers), scratch: environment["TMPDIR"] ?? "/tmp", variables: variables,
            userID: request.userID)
    }

    /// The files of all layers, unpacked now where they are not yet: the base's in one, the others each by itself.
    private func snapshots(of layers: [BuiltImage.Layer]) throws -> [Snapshot] {
        let maker = SnapshotMaker(store: store)
        let base = layers.prefix { $0.kind == .base || $0.kind == .system }
        let above = try layers.dropFirst(base.count).map { layer in
            try store.snapshot(layer.record.diffID) ?? maker.unpack(layer.record, title: layer.title)
        }
        return [try maker.unpackChain(base.map(\.record), title: "base")] + above
    }

    private func publish(
        _ request: ImageRequest, _ layers: [BuiltImage.Layer], _ settings: ImageSettings, notes: [String],
        _ imported: ImportCheck.Result?
    ) throws -> BuiltImage {
        let history = layers.map { layer in
            ImageConfiguration.History(created: settings.created, createdBy: "bunsen build", comment: layer.title)
        }
        var configuration = ImageConfiguration(
            platform: .host, config: settings.execution, diffIDs: layers.map(\.record.diffID), history: history)
        configuration.created = settings.created
        let configurationDocument = try Document(configuration, mediaType: .configuration)
        let manifest = ImageManifest(
            config: configurationDocument.descriptor, layers: layers.map(Self.descriptor(of:)),
            annotations: ["org.opencontainers.image.title": settings.title])
        let manifestDocument = try Document(manifest, mediaType: .manifest)
        let previous = previousLayers(request.name)
        try store.store(configurationDocument)
        try store.store(manifestDocument)
        try store.setImage(
            ImageRecord(
                name: request.name.description, manifest: manifestDocument.descriptor, project: request.project))
        var marked = layers
        if let previous {
            for index in marked.indices {
                marked[index].wasInPrevious = previous.contains(marked[index].record.descriptor.digest)
            }
        }
        return BuiltImage(
            name: request.name, manifest: manifestDocument, configuration: configurationDocument, layers: marked,
            notes: notes, imported: imported)
    }

    /// The layer's descriptor, with what is in it for people who look at the manifest.
    private static func descriptor(of layer: BuiltImage.Layer) -> ContentDescriptor {
        var descriptor = layer.record.descriptor
        var annotations = descriptor.annotations ?? [:]
        annotations["org.opencontainers.image.title"] = layer.title
        descriptor.annotations = annotations
        return descriptor
    }

    private func previousLayers(_ name: ImageReference) -> Set<Digest>? {
        guard let record = store.image(named: name.description),
            let bytes = try? store.read(record.manifest.digest),
            let manifest = try? Document<ImageManifest>(parsing: bytes, mediaType: record.manifest.mediaType)
        else { return nil }
        return Set(manifest.value.layers.map(\.digest))
    }
}
