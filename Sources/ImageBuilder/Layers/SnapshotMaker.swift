import ContentStore
import OCIModel

/// Unpacks layers that are in the store as blobs.
struct SnapshotMaker {
    let store: ContentStore

    func unpack(_ descriptor: ContentDescriptor, diffID: Digest, title: String) throws -> Snapshot {
        throw ImageBuildError(.missingTool, title, "not yet")
    }
}
