import ContentStore
import Glibc
import HostSystem
import LayerArchive
import OCIModel

/// Unpacks layers that are in the store as blobs.
struct SnapshotMaker {
    let store: ContentStore

    /// One layer by itself, for an overlay.
    func unpack(_ record: LayerRecord, title: String) throws -> Snapshot {
        try unpack([record], as: record.diffID, title: title)
    }

    /// Layers on top of each other, for bases whose upper layers remove what the lower ones brought.
    func unpackChain(_ records: [LayerRecord], title: String) throws -> Snapshot {
        guard let id = Snapshot.chainID(records.map(\.diffID)) else {
            throw ImageBuildError(.unusableBase, title, "it has no layers")
        }
        return try store.snapshot(id) ?? unpack(records, as: id, title: title)
    }

    private func unpack(_ records: [LayerRecord], as id: Digest, title: String) throws -> Snapshot {
        let writer = try store.snapshotWriter()
        let unpacker = try LayerUnpacker(into: writer.tree)
        for record in records {
            let blob = try store.open(record.descriptor.digest)
            let name = "\(record.descriptor.digest)"
            let content = HashingSource(try LayerSource.open(DescriptorSource(blob, path: name)))
            try unpacker.unpack(content)
            try content.drain()
            guard content.hexDigest() == record.diffID.hex else {
                throw ImageBuildError(
                    .unusableBase, title,
                    "the layer \(record.descriptor.digest) unpacks to other content than its image says",
                    hint: "find damage in the store: bunsen store check")
            }
        }
        return try writer.finish(as: id, note: title)
    }
}
