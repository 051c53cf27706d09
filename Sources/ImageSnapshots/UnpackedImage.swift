import ContentStore
import HostSystem
import OCIModel

/// An image of the store with its files on disk: what a container needs to start from it, without a copy.
package struct UnpackedImage: Sendable {
    package let configuration: ImageConfiguration
    /// From the base upwards. They stay as long as this value lives.
    package let layers: [Snapshot]

    /// Finds the files of an image, and unpacks what is not unpacked yet.
    ///
    /// - Parameters:
    ///   - manifest: of the image for this machine, in the store.
    ///   - name: what the image is called in messages.
    ///   - unpacking: called once before something is unpacked, which takes seconds for each gigabyte.
    package init(
        _ manifest: Digest, named name: String, in store: ContentStore, unpacking: () -> Void = {}
    ) throws {
        let document = try Document<ImageManifest>(parsing: try store.read(manifest), mediaType: .manifest)
        let configuration = try Document<ImageConfiguration>(
            parsing: try store.read(document.value.config.digest), mediaType: .configuration
        ).value
        let diffIDs = configuration.rootfs.diffIDs
        guard diffIDs.count == document.value.layers.count, !diffIDs.isEmpty else {
            throw SnapshotError(
                name, "its manifest has \(document.value.layers.count) layers, its configuration \(diffIDs.count)",
                hint: "it is damaged: build or pull it again")
        }
        let packed = zip(document.value.layers, diffIDs).map { PackedLayer(digest: $0.digest, diffID: $1) }
        self.configuration = configuration
        if let layers = Self.present(diffIDs, in: store) {
            self.layers = layers
            return
        }
        // Layers that nobody has unpacked by themselves may remove what lower ones brought, so they go into one tree.
        let single = Self.singleLayers(diffIDs, in: store)
        let below = Array(packed.dropLast(single.count))
        for layer in below where !store.has(layer.digest) {
            throw SnapshotError(
                name, "its layer \(layer.digest) is neither unpacked nor in the store",
                hint: "fetch it: bunsen image pull \(name)")
        }
        unpacking()
        layers = [try SnapshotMaker(store: store).unpackChain(below, title: name)] + single
    }

    /// Snapshots that together are the image: a chain of the lowest layers, and single ones above it.
    private static func present(_ diffIDs: [Digest], in store: ContentStore) -> [Snapshot]? {
        let single = singleLayers(diffIDs, in: store)
        var chain: Digest?
        for (index, diffID) in diffIDs.enumerated() {
            chain = Snapshot.chainID([chain, diffID].compactMap { $0 })
            let above = diffIDs.count - index - 1
            if above <= single.count, let chain, let below = store.snapshot(chain) {
                return [below] + single.suffix(above)
            }
        }
        return nil
    }

    /// The topmost layers that are unpacked by themselves, from the lower to the upper. The lowest of the image is
    /// never among them.
    private static func singleLayers(_ diffIDs: [Digest], in store: ContentStore) -> [Snapshot] {
        var found: [Snapshot] = []
        for diffID in diffIDs.dropFirst().reversed() {
            guard let snapshot = store.snapshot(diffID) else { break }
            found.append(snapshot)
        }
        return found.reversed()
    }
}
