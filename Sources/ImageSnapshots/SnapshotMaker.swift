import ContentStore
import Glibc
import HostSystem
import LayerArchive
import OCIModel

/// A layer that is in the store as a blob.
package struct PackedLayer: Sendable, Hashable {
    /// Of the blob.
    package let digest: Digest
    /// Of the tar in it.
    package let diffID: Digest

    package init(digest: Digest, diffID: Digest) {
        self.digest = digest
        self.diffID = diffID
    }
}

/// Layers that cannot be unpacked.
package struct SnapshotError: Error, Sendable, CustomStringConvertible {
    /// The image, or the layer's title.
    package let subject: String
    package let reason: String
    package let hint: String?

    package init(_ subject: String, _ reason: String, hint: String? = nil) {
        self.subject = subject
        self.reason = reason
        self.hint = hint
    }

    package var description: String { "cannot unpack \(subject): \(reason)" }
}

/// Unpacks layers that are in the store as blobs.
package struct SnapshotMaker {
    let store: ContentStore

    package init(store: ContentStore) { self.store = store }

    /// One layer by itself, for an overlay.
    package func unpack(_ layer: PackedLayer, title: String) throws -> Snapshot {
        try unpack([layer], as: layer.diffID, title: title)
    }

    /// Layers on top of each other, for bases whose upper layers remove what the lower ones brought.
    package func unpackChain(_ layers: [PackedLayer], title: String) throws -> Snapshot {
        guard let id = Snapshot.chainID(layers.map(\.diffID)) else {
            throw SnapshotError(title, "it has no layers")
        }
        return try store.snapshot(id) ?? unpack(layers, as: id, title: title)
    }

    private func unpack(_ layers: [PackedLayer], as id: Digest, title: String) throws -> Snapshot {
        let writer = try store.snapshotWriter()
        let unpacker = try LayerUnpacker(into: writer.tree)
        for layer in layers {
            let blob = try store.open(layer.digest)
            let name = "\(layer.digest)"
            let content = HashingSource(try LayerSource.open(DescriptorSource(blob, path: name)))
            try unpacker.unpack(content)
            try content.drain()
            guard content.hexDigest() == layer.diffID.hex else {
                throw SnapshotError(
                    title, "the layer \(layer.digest) unpacks to other content than its image says",
                    hint: "find damage in the store: bunsen store check")
            }
        }
        return try writer.finish(as: id, note: title)
    }
}
