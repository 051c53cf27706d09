import HostSystem
import OCIModel

/// What the names of images refer to, and what that refers to.
struct ReachableContent {
    private(set) var blobs: Set<Digest> = []
    private(set) var snapshots: Set<Digest> = []
    /// What should be here and is not, with the image that needs it.
    private(set) var missing: [(image: String, digest: Digest)] = []
    private let store: ContentStore

    init(_ images: [ImageRecord], in store: ContentStore) {
        self.store = store
        for image in images { follow(image.manifest, of: image.name, depth: 0) }
    }

    private mutating func follow(_ descriptor: ContentDescriptor, of image: String, depth: Int) {
        // Layers may lie in a registry only: a build does not need them here.
        guard blobs.insert(descriptor.digest).inserted, depth < 8 else { return }
        if descriptor.mediaType.isManifest {
            guard let manifest: ImageManifest = document(descriptor, of: image) else { return }
            for child in [manifest.config] + manifest.layers + [manifest.subject].compactMap({ $0 }) {
                follow(child, of: image, depth: depth + 1)
            }
        } else if descriptor.mediaType.isIndex {
            guard let index: ImageIndex = document(descriptor, of: image) else { return }
            for child in index.manifests + [index.subject].compactMap({ $0 }) {
                follow(child, of: image, depth: depth + 1)
            }
        } else if descriptor.mediaType == .configuration || descriptor.mediaType == .dockerConfiguration {
            guard let configuration: ImageConfiguration = document(descriptor, of: image) else { return }
            keepSnapshots(configuration.rootfs.diffIDs)
        }
    }

    private mutating func keepSnapshots(_ diffIDs: [Digest]) {
        var chain: Digest?
        for diffID in diffIDs {
            chain = Snapshot.chainID([chain, diffID].compactMap { $0 })
            snapshots.insert(diffID)
            if let chain { snapshots.insert(chain) }
        }
    }

    private mutating func document<Value: Codable & Sendable>(_ descriptor: ContentDescriptor, of image: String)
        -> Value?
    {
        // Not `store.read`: looking is no use, and damage is for `check` to remove.
        guard let bytes = try? Files.read(store.path(of: descriptor.digest), limit: 64 << 20),
            Digest(of: bytes) == descriptor.digest,
            let document = try? Document<Value>(parsing: bytes, mediaType: descriptor.mediaType)
        else {
            missing.append((image, descriptor.digest))
            return nil
        }
        return document.value
    }
}
