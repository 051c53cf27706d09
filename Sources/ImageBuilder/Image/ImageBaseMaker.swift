import BaseSystem
import ContentStore
import HostSystem
import ImageSnapshots
import LayerArchive
import OCIModel
import OCIRegistry
import RecipeModel

/// Turns the pins of a base into layers in the store: a bootstrapped Debian, or the layers of another image, and the
/// Python that the environment stands on.
package struct ImageBaseMaker {
    let store: ContentStore
    let environment: [String: String]
    let registries: RegistrySession
    let progress: BuildProgress

    package init(
        store: ContentStore, environment: [String: String], registries: RegistrySession, progress: BuildProgress
    ) {
        self.store = store
        self.environment = environment
        self.registries = registries
        self.progress = progress
    }

    /// - Parameters:
    ///   - variant: a variant of the recipe, whose Debian packages become a layer of their own.
    ///   - known: which layers have to be made.
    package func base(
        _ lock: BaseLock, variant: String?, userID: UInt32, layers known: ImageRequest.Layers
    ) throws -> ImageBase {
        let lease = try store.lease()
        defer { withExtendedLifetime(lease) {} }
        var layers: [ImageBase.Layer]
        var variantLayers: [ImageBase.Layer] = []
        var created: Timestamp
        var initProgram: [String] = []
        var variables: [String: String] = [:]
        switch lock.base {
        case .debian(let pin):
            (layers, variantLayers) = try debian(pin, lock, variant: variant, userID: userID, known)
            created = pin.date
            if pin.packages.contains(where: { $0.name == "tini" }) { initProgram = Self.initProgram("/usr/bin/tini") }
        case .image(let pin):
            let image = try pulled(pin, known)
            (layers, variables) = (image.layers, image.variables)
            layers.append(try account(pin, layers, userID: userID, known))
            if pin.initPackage != nil { initProgram = Self.initProgram(StartLayerMaker.initPath) }
            created = Timestamp(seconds: Double(ImageLayout.fileTime))
        }
        let interpreter: String
        let version: String
        switch lock.python {
        case .base(let full):
            interpreter = "/usr/bin/python\(full.split(separator: ".").prefix(2).joined(separator: "."))"
            version = full
        case .standalone(let python):
            layers.append(try standalone(python, known))
            interpreter =
                "\(Self.pythonFolder)/bin/python\(python.version.split(separator: ".").prefix(2).joined(separator: "."))"
            version = python.version
        case .none:
            throw ImageBuildError(
                .noPython, lock.request.base, "no Python is pinned for it", hint: "pin again: bunsen lock --image")
        }
        var base = ImageBase(
            name: lock.request.base, digest: lock.digest, created: created.rfc3339, layers: layers,
            variantLayers: variantLayers, interpreter: interpreter, pythonVersion: version, initProgram: initProgram)
        base.environment = variables
        return base
    }

    /// Brings everything that the base takes from the network into the store.
    package func fetch(_ lock: BaseLock, variant: String?) throws {
        switch lock.base {
        case .debian(let pin): try packages.fetch(pin.packages(variant: variant), suite: pin.suite)
        case .image(let pin):
            _ = try pulled(pin, ImageRequest.Layers())
            if let package = pin.initPackage { try packages.fetch([package], suite: BaseRequest.defaultSuite) }
        }
        if case .standalone(let python) = lock.python { _ = try fetched(python) }
    }

    /// Signals go to the whole group of the command; orphans are its own even where an engine's init is process 1.
    private static func initProgram(_ path: String) -> [String] { [path, "-s", "-g", "--"] }

    // MARK: Debian

    private var packages: DebianStore {
        DebianStore(folder: store.packagesFolder, environment: environment) { [progress] in progress.line($0) }
    }

    private func debian(
        _ pin: DebianPin, _ lock: BaseLock, variant: String?, userID: UInt32,
        _ known: ImageRequest.Layers
    ) throws -> (base: [ImageBase.Layer], added: [ImageBase.Layer]) {
        let builder = BaseBuilder(home: store.home, environment: environment, store: packages) { [progress] in
            progress.begin($0)
        }
        var options = BaseOptions()
        options.user = ImageLayout.userName
        options.userID = Int(userID)
        let work = try store.workFolder()
        defer { withExtendedLifetime(work) {} }
        /// Builds the archive of the base, or of a variant's whole system, once.
        func archive(_ variant: String?) throws -> String {
            let path = "\(work.path)/\(variant.map { "variant-\($0)" } ?? "base").tar"
            if !Files.exists(path) {
                _ = try builder.build(pin, request: lock.request, variant: variant, options: options, to: path)
            }
            return path
        }
        let layers = [
            try layer(
                .base, "\(lock.request.base), \(pin.packages.count) packages",
                key(pin.packages, "", pin, lock, options),
                size: size(pin.packages), known
            ) {
                try compress(try archive(nil), lock.request.base)
            }
        ]
        if let variant, let added = pin.variants[variant], !added.isEmpty {
            let key = key(pin.packages(variant: variant), variant, pin, lock, options)
            let title = "\(variant): \(lock.request.variants[variant]?.joined(separator: ", ") ?? "")"
            let system = try layer(.system, title, key, size: size(pin.packages(variant: variant)), known) {
                let path = "\(work.path)/difference.tar"
                _ = try VariantLayer.write(full: try archive(variant), base: try archive(nil), to: path)
                return try compress(path, title)
            }
            return (layers, [system])
        }
        return (layers, [])
    }

    private func size(_ packages: [DebianPackage]) -> Int64 { packages.reduce(0) { $0 &+ $1.size } }

    /// A variant's layer is a difference: it is never to be taken for a base that has the same packages, nor for the
    /// difference from another base. What the recipe names decides too: it keeps its setuid bits and its manuals.
    private func key(
        _ packages: [DebianPackage], _ variant: String, _ pin: DebianPin, _ lock: BaseLock, _ options: BaseOptions
    ) -> RecordKey {
        let named = lock.request.system + (lock.request.variants[variant] ?? [])
        let base = variant.isEmpty ? [] : ["on"] + lock.request.system + pin.packages.map(\.sha256)
        return RecordKey(
            "base-layer",
            parts: [
                "\(ImageLayout.version)", "\(BaseBuilder.version)", pin.suite, pin.date.rfc3339, options.user,
                "\(options.userID)",
            ] + base + ["named"] + named + ["packages"] + packages.map { "\($0.name) \($0.sha256)" })
    }

    /// A layer by its key: known, or made now and noted.
    ///
    /// - Parameter size: bytes of what it is made from.
    private func layer(
        _ kind: BuiltImage.Layer.Kind, _ title: String, _ key: RecordKey, size: Int64, _ known: ImageRequest.Layers,
        make: () throws -> LayerRecord
    ) throws -> ImageBase.Layer {
        if let layer = try KnownLayers(store: store, request: known).find(key, makingTakes: size) {
            return ImageBase.Layer(
                kind: kind, title: title, record: layer.record, isMade: false, key: key, isHere: layer.isHere)
        }
        let record = try make()
        try store.setRecord(record, for: key)
        return ImageBase.Layer(kind: kind, title: title, record: record, isMade: true, key: key)
    }

    private func compress(_ archive: String, _ title: String) throws -> LayerRecord {
        progress.begin("compressing the layer of \(title)")
        return try BaseLayerMaker(store: store).make(archive: archive, title: title)
    }

    // MARK: Python

    static let pythonFolder = "/opt/python"

    private func standalone(
        _ python: StandalonePython, _ known: ImageRequest.Layers
    ) throws -> ImageBase.Layer {
        let key = RecordKey(
            "python-layer", "\(ImageLayout.version)", "\(BaseBuilder.version)", Self.pythonFolder, python.sha256)
        let title = "Python \(python.version)"
        return try layer(.python, title, key, size: python.size, known) {
            let work = try store.workFolder()
            defer { withExtendedLifetime(work) {} }
            let path = "\(work.path)/python.tar"
            _ = try StandalonePythonLayer.write(
                archive: try fetched(python), prefix: Self.pythonFolder, scratch: work.path, to: path)
            return try compress(path, title)
        }
    }

    /// The archive of a standalone Python.
    private func fetched(_ python: StandalonePython) throws -> String {
        try StandalonePythonFinder(home: store.home, environment: environment) { [progress] in progress.begin($0) }
            .fetch(python, into: store.packagesFolder)
    }

    // MARK: Images

    /// What an image of a registry lacks, as a layer.
    private func account(
        _ pin: ImagePin, _ layers: [ImageBase.Layer], userID: UInt32, _ known: ImageRequest.Layers
    ) throws -> ImageBase.Layer {
        let title = pin.initPackage == nil ? "account" : "account, init"
        let key = RecordKey(
            "account-layer", "\(ImageLayout.version)", "\(BaseBuilder.version)", pin.digest, "\(userID)",
            pin.initPackage?.sha256 ?? "")
        let size = layers.reduce(0) { $0 &+ $1.record.descriptor.size }
        return try layer(.account, title, key, size: size, known) {
            var program: [UInt8]?
            if let package = pin.initPackage {
                try packages.fetch([package], suite: BaseRequest.defaultSuite)
                program = try packages.file("usr/bin/tini-static", of: package)
            }
            // Its accounts are in its layers, wherever those are.
            let whole = try pulled(pin, ImageRequest.Layers()).layers
            progress.begin("looking into \(pin.reference)")
            let files = try SnapshotMaker(store: store).unpackChain(whole.map(\.record.packed), title: pin.reference)
            return try StartLayerMaker(store: store, userID: userID).make(on: files, initProgram: program)
        }
    }

    /// An image that is pulled by the digest that the lock has: its layers, but for those that are at the target, and its
    /// variables.
    private func pulled(
        _ pin: ImagePin, _ known: ImageRequest.Layers
    ) throws -> (layers: [ImageBase.Layer], variables: [String: String]) {
        let reference = try ImageReference(pin.reference)
        let digest = try Digest(pin.digest)
        let stored = BlobFolderImages.stored(in: store, reference.repository)
        let source = registries.repository(reference.repository)
        let image = try (try? stored.image(.digest(digest))) ?? source.image(.digest(digest))
        let (config, layers) = (image.value.config, image.value.layers)
        if !stored.hasBlob(config) { try store.store(source.readBlob(config), expecting: config.digest) }
        try store.store(image)
        let missing = layers.filter { !stored.hasBlob($0) }
        let away = known.mustBeHere || known.areMadeAnew ? [] : try known.target.present(missing)
        if missing.contains(where: { !away.contains($0.digest) }) {
            progress.begin("pulling \(reference)")
            var copy = ImageCopy(from: source, to: stored)
            copy.platforms = .only(.host)
            try copy.run(.digest(digest), tags: [])
        }
        let configuration = try stored.configuration(of: image).value
        guard configuration.rootfs.diffIDs.count == image.value.layers.count else {
            throw ImageBuildError(
                .unusableBase, pin.reference, "its configuration and its manifest name different numbers of layers")
        }
        var variables: [String: String] = [:]
        for variable in configuration.config?.environment ?? [] {
            let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, !parts[0].isEmpty { variables[String(parts[0])] = String(parts[1]) }
        }
        let based = zip(image.value.layers, configuration.rootfs.diffIDs).map { descriptor, diffID in
            ImageBase.Layer(
                kind: .base, title: reference.repository.familiarName,
                record: LayerRecord(descriptor: descriptor, diffID: diffID, unpackedSize: 0), isMade: false,
                isHere: stored.hasBlob(descriptor))
        }
        return (based, variables)
    }
}
