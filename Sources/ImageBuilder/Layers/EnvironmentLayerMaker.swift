import ContentStore
import LayerArchive
import OCIModel

/// Makes the layer that turns wheels into an environment. It is small, and made anew for each build.
struct EnvironmentLayerMaker {
    let store: ContentStore
    let keepsSnapshot: Bool
    let userID: UInt32

    func make(_ files: EnvironmentFiles) throws -> LayerRecord {
        let blob = try store.blobFile()
        let owner = LayerOwner(modified: Int(ImageLayout.fileTime))
        let writer = try LayerWriter(blob.descriptor, name: "environment", owner: owner)
        let snapshot = keepsSnapshot ? try store.snapshotWriter() : nil
        let tree = snapshot.map { SnapshotTree(root: $0.tree) }
        for (path, content) in files.entries {
            switch content {
            case .folder(let mode, let isOwned):
                let id = isOwned ? Int(userID) : 0
                try writer.add(
                    TarEntry(path, .folder, mode: mode, userID: id, groupID: id, modified: owner.modified))
                try tree?.addFolder(path)
            case .file(let bytes, let mode):
                try writer.addFile(path, mode: mode, content: bytes)
                try tree?.addFile(path, mode: mode, content: bytes)
            case .link(let target):
                try writer.addSymbolicLink(path, target: target)
                try tree?.addLink(path, target: target)
            }
        }
        let result = try writer.finish()
        _ = try blob.finish(trusting: result.descriptor.digest, size: result.descriptor.size)
        _ = try snapshot?.finish(as: result.diffID, note: "environment")
        return LayerRecord(
            descriptor: result.descriptor, diffID: result.diffID, unpackedSize: result.uncompressedSize)
    }
}
