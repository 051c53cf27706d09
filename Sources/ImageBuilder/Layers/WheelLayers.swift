import ContentStore
import HostSystem
import LayerArchive
import OCIModel
import WheelFormat

/// The layers of all wheels of a lock: those that earlier builds made, and the others made now.
struct WheelLayers {
    let store: ContentStore
    let request: ImageRequest
    let layout: ImageLayout
    let progress: BuildProgress

    struct Result {
        private(set) var wheels: [WheelPin]
        private(set) var layers: [BuiltImage.Layer]
        /// Of the wheels whose files are known here: those that this machine had once.
        private(set) var known: [WheelPin: WheelFacts]

        /// In the order of the wheels.
        var facts: [WheelFacts] { wheels.compactMap { known[$0] } }
        /// Wheels whose files nobody here knows, so that they were not compared with those of the others.
        var uncompared: [WheelPin] { wheels.filter { known[$0] == nil } }

        /// Puts what a variant adds above.
        mutating func add(_ other: Result) {
            wheels += other.wheels
            layers += other.layers
            known.merge(other.known) { first, _ in first }
        }
    }

    /// How many layers are made at once. Each has helping threads of its own.
    static let width = 2

    /// - Parameters:
    ///   - below: the layers that those of `wheels` will be above.
    ///   - room: how many layers the wheels may take.
    /// - Throws: also when two wheels own one path with different content.
    func make(_ wheels: [WheelPin], on below: Result? = nil, room: Int) throws -> Result {
        let plan = LayerPlan(wheels: wheels, room: room)
        var facts: [WheelPin: WheelFacts] = [:]
        for wheel in wheels {
            facts[wheel] = store.record(LayerKeys.facts(wheel, layout: layout), as: WheelFacts.self)
        }
        var records = try known(plan, facts)
        let missing = plan.groups.filter { records[$0] == nil }
        for (group, result) in try make(missing) {
            records[group] = KnownLayers.Layer(record: result.record, isHere: true)
            for (wheel, learnt) in zip(group.wheels, result.facts) { facts[wheel] = learnt }
        }
        let sorted = wheels.compactMap { facts[$0] }
        try checkConflicts((below?.wheels ?? []) + wheels, (below?.facts ?? []) + sorted)
        let made = Set(missing)
        let layers = plan.groups.compactMap { group in
            records[group].map { known in
                BuiltImage.Layer(
                    kind: .wheels, title: group.title, record: known.record, wheels: group.wheels,
                    isMade: made.contains(group), key: key(group), isHere: known.isHere)
            }
        }
        return Result(wheels: wheels, layers: layers, known: facts)
    }

    /// The layers that need not be made. Compiling needs the files of all wheels, and so does whoever wants to look at
    /// all of the image.
    private func known(
        _ plan: LayerPlan, _ facts: [WheelPin: WheelFacts]
    ) throws -> [LayerPlan.Group: KnownLayers.Layer] {
        var layers = request.layers
        if request.compilesModules { layers.mustBeHere = true }
        var keys: [RecordKey: Int64?] = [:]
        for group in plan.groups {
            let isKnown = group.wheels.allSatisfy { facts[$0] != nil }
            if layers.mustBeHere, !isKnown { continue }
            let isHere = group.wheels.allSatisfy { store.file(.wheels, $0.digest, name: $0.fileName) != nil }
            keys[key(group)] = .some(isHere ? nil : group.size)
        }
        let found = try KnownLayers(store: store, request: layers).find(keys, format: request.format)
        var result: [LayerPlan.Group: KnownLayers.Layer] = [:]
        for group in plan.groups { result[group] = found[key(group)] }
        return result
    }

    private func make(_ groups: [LayerPlan.Group]) throws -> [(LayerPlan.Group, WheelLayerMaker.Result)] {
        guard !groups.isEmpty else { return [] }
        let paths = try WheelFetcher(store: store, files: request.files, progress: progress)
            .fetch(groups.flatMap(\.wheels))
        let maker = WheelLayerMaker(
            store: store, layout: layout, format: request.format, keepsSnapshot: request.needsSnapshots)
        progress.begin("making \(groups.count) layers", bytes: groups.reduce(0) { $0 &+ $1.size })
        // The largest first, so that none of them is left alone at the end.
        return try Parallel.map(groups.sorted { $0.size > $1.size }, width: Self.width) { group in
            let result = try maker.make(group, paths: paths)
            for (wheel, facts) in zip(group.wheels, result.facts) {
                try store.setRecord(facts, for: LayerKeys.facts(wheel, layout: layout))
            }
            try store.setRecord(result.record, for: key(group))
            request.onLayer?(result.record.descriptor)
            progress.add(group.size)
            return (group, result)
        }
    }

    private func key(_ group: LayerPlan.Group) -> RecordKey {
        LayerKeys.wheels(group, layout: layout, format: "\(request.format)")
    }

    /// Looks for paths that two wheels own, once for each set of wheels.
    private func checkConflicts(_ wheels: [WheelPin], _ facts: [WheelFacts]) throws {
        let key = RecordKey(
            "wheel-conflicts",
            parts: ["\(ImageLayout.version)", layout.sitePackages] + wheels.map(\.digest.description))
        if store.record(key, as: Bool.self) == true { return }
        var check = ConflictCheck()
        for wheel in facts { try check.add(wheel.files, of: wheel.wheel) }
        if facts.count == wheels.count { try store.setRecord(true, for: key) }
    }
}
