import ContentStore
import ImageSnapshots
import LayerArchive
import OCIModel

/// Layers that are unpacked together: those of the base and of a variant's system, because upper ones may remove what the
/// lower ones brought, and each other one by itself.
struct LayerUnit: Sendable {
    let layers: [BuiltImage.Layer]
    /// What its snapshot is known by.
    let id: Digest

    /// The units of an image, from the base upwards.
    static func all(of layers: [BuiltImage.Layer]) -> [LayerUnit] {
        let base = layers.filter { $0.kind == .base || $0.kind == .system }
        let above = layers.filter { $0.kind != .base && $0.kind != .system }
            .map { LayerUnit(layers: [$0], id: $0.record.diffID) }
        guard let id = Snapshot.chainID(base.map(\.record.diffID)) else { return above }
        return [LayerUnit(layers: base, id: id)] + above
    }

    /// The files, unpacked now where they are not yet.
    func snapshot(in store: ContentStore) throws -> Snapshot {
        let maker = SnapshotMaker(store: store)
        if layers.count == 1, let layer = layers.first, layer.kind != .base {
            return try store.snapshot(id) ?? maker.unpack(layer.record.packed, title: layer.title)
        }
        return try maker.unpackChain(layers.map(\.record.packed), title: "base")
    }

    /// Whether its files can be had here: layers that only a registry has cannot be looked at.
    func isHere(in store: ContentStore) -> Bool {
        store.snapshot(id) != nil
            || layers.allSatisfy { store.has($0.record.descriptor.digest, size: $0.record.descriptor.size) }
    }
}
