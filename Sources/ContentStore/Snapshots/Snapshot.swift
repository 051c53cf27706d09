import FoundationEssentials
import Glibc
import HostSystem
import OCIModel

/// An unpacked layer, or layers on top of each other, in the store.
package struct Snapshot: Sendable {
    /// What it is known by: the diff_id of one layer, or the chain id of several (OCI image specification, config.md,
    /// "Layer ChainID").
    package let id: Digest
    /// The files.
    package let tree: String
    /// Held as long as this value lives, so that prune leaves the files alone.
    package let use: FileLock?

    static let marker = "snapshot.json"

    init(id: Digest, folder: String) {
        self.id = id
        tree = "\(folder)/tree"
        use = try? FileLock.share("\(folder)/lock")
    }

    /// The chain id of layers, from the base upwards; nil for none.
    package static func chainID(_ diffIDs: some Sequence<Digest>) -> Digest? {
        diffIDs.reduce(nil) { below, diffID in
            guard let below else { return diffID }
            return Digest(of: Array("\(below) \(diffID)".utf8))
        }
    }
}

/// A snapshot that is being filled. One that is let go of unfinished is removed.
package final class SnapshotWriter {
    private let folder: IngestFolder
    private let store: ContentStore
    private let modes: StoreModes

    /// Where the files go.
    package var tree: String { "\(folder.path)/tree" }

    init(in store: ContentStore) throws {
        self.store = store
        modes = try store.prepare()
        folder = try IngestFolder(in: store.ingestFolder, modes: modes)
        try Files.makeFolder("\(folder.path)/tree")
        try modes.makeEmptyFile("\(folder.path)/lock")
    }

    /// Gives the snapshot its name. Where another process was faster, this one's files go and that one's are used.
    ///
    /// - Parameters:
    ///   - id: see `Snapshot.id`.
    ///   - note: what a person who looks into the folder should know.
    package func finish(as id: Digest, note: String) throws -> Snapshot {
        let text = Array(try JSONEncoder().encode(["id": id.description, "note": note]))
        try modes.write(text, to: "\(folder.path)/\(Snapshot.marker)")
        // Its many files are not each written out: after a power cut, `bunsen store check` is the way.
        _ = try folder.publish(as: store.folder(ofSnapshot: id))
        guard let snapshot = store.snapshot(id) else {
            throw ContentStoreError("store the snapshot", "\(id)", .missing)
        }
        return snapshot
    }
}

extension ContentStore {
    func folder(ofSnapshot id: Digest) -> String { "\(root)/snapshots/\(id.hex)" }

    /// A snapshot that is here, or nil. Counts as a use, and keeps it from being pruned as long as the value lives.
    package func snapshot(_ id: Digest) -> Snapshot? {
        let folder = folder(ofSnapshot: id)
        let snapshot = Snapshot(id: id, folder: folder)
        var status = stat()
        // Looked at after the lock was taken: a prune that came before has removed the marker first.
        guard stat("\(folder)/\(Snapshot.marker)", &status) == 0 else { return nil }
        UseTime.note("\(folder)/\(Snapshot.marker)", status)
        return snapshot
    }

    package func snapshotWriter() throws -> SnapshotWriter { try SnapshotWriter(in: self) }
}
