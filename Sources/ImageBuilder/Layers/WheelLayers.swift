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
        let wheels: [WheelPin]
        let layers: [BuiltImage.Layer]
        /// In the order of the wheels.
        let facts: [WheelFacts]
    }

    /// How many layers are made at once. Each has helping threads of its own.
    private static let width = 2

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
        var records: [LayerPlan.Group: LayerRecord] = [:]
        for group in plan.groups where group.wheels.allSatisfy({ facts[$0] != nil }) {
            if let record = store.record(key(group), as: LayerRecord.self), isUsable(record) { records[group] = record }
        }
        let missing = plan.groups.filter { records[$0] == nil }
        for (group, result) in try make(missing) {
            records[group] = result.record
            for (wheel, learnt) in zip(group.wheels, result.facts) { facts[wheel] = learnt }
        }
        let sorted = wheels.compactMap { facts[$0] }
        try checkConflicts((below?.wheels ?? []) + wheels, (below?.facts ?? []) + sorted)
        let made = Set(missing)
        let layers = plan.groups.compactMap { group in
            records[group].map { record in
                BuiltImage.Layer(
                    kind: .wheels, title: group.title, record: record, wheels: group.wheels,
                    isMade: made.contains(group))
            }
        }
        return Result(wheels: wheels, layers: layers, facts: sorted)
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
            progress.add(group.size)
            return (group, result)
        }
    }

    private func key(_ group: LayerPlan.Group) -> RecordKey {
        LayerKeys.wheels(group, layout: layout, format: "\(request.format)")
    }

    /// A layer of an earlier build serves when its bytes are here or where the image goes, and when it can be unpacked
    /// where that is needed.
    private func isUsable(_ record: LayerRecord) -> Bool {
        let hasBlob = store.has(record.descriptor.digest, size: record.descriptor.size)
        if request.needsSnapshots, !hasBlob, store.snapshot(record.diffID) == nil { return false }
        return hasBlob || request.isElsewhere(record.descriptor)
    }

    /// Looks for paths that two wheels own, once for each set of wheels.
    private func checkConflicts(_ wheels: [WheelPin], _ facts: [WheelFacts]) throws {
        let key = RecordKey(
            "wheel-conflicts",
            parts: ["\(ImageLayout.version)", layout.sitePackages] + wheels.map(\.digest.description))
        if store.record(key, as: Bool.self) == true { return }
        var check = ConflictCheck()
        for wheel in facts { try check.add(wheel.files, of: wheel.wheel) }
        try store.setRecord(true, for: key)
    }
}
