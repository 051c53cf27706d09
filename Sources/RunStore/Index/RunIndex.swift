import ExperimentModel
import HostSystem

/// The runs of a project as rows of a table, quickly also when there are thousands.
///
/// The truth are the manifests. `.bunsen/index.sqlite` keeps what was read of them and can be deleted at any time; a
/// damaged or foreign one is made anew, and without one the rows come from the manifests directly. Whether a run
/// without an end is still running is looked up each time.
package struct RunIndex: Sendable {
    package struct Listing: Sendable {
        /// Oldest first.
        package var rows: [RunRow]
        /// Manifests that could not be read, for a warning.
        package var damaged: [Damaged]
    }

    package struct Damaged: Sendable, Hashable, CustomStringConvertible {
        package let path: String
        package let reason: String

        package var description: String { "cannot read the manifest \(path): \(reason)" }
    }

    private let store: RunStore

    package init(store: RunStore) {
        self.store = store
    }

    /// The rows of all runs as of now. Never fails because of the index; a project without runs has no rows.
    package func listing() -> Listing {
        guard let folder = ManifestFolder(store.runsFolder) else { return Listing(rows: [], damaged: []) }
        let found = folder.scan()
        let database = IndexDatabase(store.indexPath)
        var (known, isReadable) = entries(database)
        var rows: [RunRow] = []
        rows.reserveCapacity(found.count)
        var stale: [RunID] = []
        for run in found {
            if let entry = known.removeValue(forKey: run.id), entry.stamp == run.stamp {
                rows.append(entry.row)
            } else {
                stale.append(run.id)
            }
        }
        let fresh = read(stale, folder)
        rows += fresh.changed.map(\.row)
        if isReadable, !fresh.changed.isEmpty || !known.isEmpty {
            try? database?.update(fresh.changed, removed: Array(known.keys))
        }
        rows.sort { $0.id < $1.id }
        let now = Timestamp.now
        for index in rows.indices where rows[index].duration == nil { look(at: &rows[index], now) }
        return Listing(rows: rows, damaged: fresh.damaged)
    }

    /// What the index knows. One that turns out damaged on reading is removed; the next listing makes a new one.
    private func entries(_ database: IndexDatabase?) -> ([RunID: IndexDatabase.Entry], isReadable: Bool) {
        do {
            return (try database?.entries() ?? [:], true)
        } catch {
            if IndexDatabase.isDamage(error) {
                for suffix in ["", "-journal"] { try? Files.remove(store.indexPath + suffix) }
            }
            return ([:], false)
        }
    }

    private func read(
        _ ids: [RunID], _ folder: borrowing ManifestFolder
    ) -> (changed: [IndexDatabase.Entry], damaged: [Damaged]) {
        var changed: [IndexDatabase.Entry] = []
        var damaged: [Damaged] = []
        for (id, outcome) in zip(ids, folder.read(ids)) {
            switch outcome {
            case .row(let row, let stamp): changed.append(IndexDatabase.Entry(stamp: stamp, row: row))
            case .damaged(let reason):
                damaged.append(Damaged(path: store.folder(of: id).manifestPath, reason: reason))
            case .gone: continue
            }
        }
        return (changed, damaged)
    }

    /// Completes the row of a run that has no end.
    private func look(at row: inout RunRow, _ now: Timestamp) {
        let folder = store.folder(of: row.id)
        row.status = folder.status(end: nil)
        let until = row.status == .running ? now : folder.lastSign
        row.duration = until.map { max(0, $0.seconds - row.started.seconds) }
    }
}
