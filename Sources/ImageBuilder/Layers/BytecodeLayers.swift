import ContentStore
import OCIModel
import WheelFormat

/// The layers of compiled modules: one for each wheel with many of them, so that images share it, and one for all others.
struct BytecodeLayers {
    let store: ContentStore
    let layout: ImageLayout
    /// The interpreter's full version: it decides what its compiler writes.
    let pythonVersion: String
    let host: [String: String]
    let progress: BuildProgress

    /// How many wheels have a layer of their own.
    static let ownLayers = 6
    /// Wheels with fewer bytes of modules share a layer.
    private static let ownSize = 2 << 20

    private struct Group {
        let title: String
        let digests: [Digest]
        let modules: [String]
    }

    /// - Parameters:
    ///   - ownLayers: how many wheels may have a layer of their own.
    ///   - sandbox: asked for when something has to be compiled.
    func make(
        _ wheels: [WheelPin], _ facts: [WheelFacts], ownLayers: Int, isUsable: (LayerRecord) throws -> Bool,
        sandbox: () throws -> ImageSandbox
    ) throws -> (layers: [BuiltImage.Layer], notes: [String]) {
        var layers: [BuiltImage.Layer] = []
        var notes: [String] = []
        var made: ImageSandbox?
        for group in groups(wheels, facts, ownLayers) {
            let key = RecordKey(
                "bytecode-layer",
                parts: ["\(ImageLayout.version)", layout.sitePackages, pythonVersion]
                    + group.digests.map(\.description))
            if let record = store.record(key, as: LayerRecord.self), try isUsable(record) {
                layers.append(.init(kind: .bytecode, title: group.title, record: record, wheels: [], isMade: false))
                continue
            }
            progress.begin("compiling \(group.modules.count) modules (\(group.title))")
            let inside = try made ?? sandbox()
            made = inside
            let (record, leftOut) = try BytecodeLayerMaker(store: store, layout: layout, host: host)
                .make(group.modules, in: inside, title: group.title)
            try store.setRecord(record, for: key)
            if leftOut > 0 {
                notes.append(
                    "\(group.title): \(leftOut) of \(group.modules.count) modules are compiled when they are imported")
            }
            layers.append(.init(kind: .bytecode, title: group.title, record: record, wheels: [], isMade: true))
        }
        return (layers, notes)
    }

    private func groups(_ wheels: [WheelPin], _ facts: [WheelFacts], _ ownLayers: Int) -> [Group] {
        let all = zip(wheels, facts).map { wheel, facts in
            (wheel, facts.files.filter { $0.path.hasSuffix(".py") && $0.path.hasPrefix(layout.sitePackages + "/") })
        }
        let sizes = all.map { wheel, files in (wheel, files.reduce(0) { $0 + $1.size }) }
        let own = Set(
            sizes.filter { $0.1 >= Self.ownSize }.sorted { ($0.1, $0.0.name) > ($1.1, $1.0.name) }
                .prefix(ownLayers).map(\.0))
        var groups: [Group] = []
        var shared: [(WheelPin, [ConflictCheck.File])] = []
        for (wheel, files) in all where !files.isEmpty {
            guard own.contains(wheel) else {
                shared.append((wheel, files))
                continue
            }
            groups.append(
                Group(
                    title: "bytecode of \(wheel.name) \(wheel.version)", digests: [wheel.digest],
                    modules: files.map(\.path)))
        }
        if !shared.isEmpty {
            let modules = Set(shared.flatMap { $0.1.map(\.path) })
            groups.append(
                Group(
                    title: "bytecode of \(shared.count) packages", digests: shared.map(\.0.digest),
                    modules: modules.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }))
        }
        return groups
    }
}
