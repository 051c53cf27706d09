import Dispatch
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
        let (found, database, known, isReadable) = gather(folder)
        let match = Match(found, known)
        let fresh = read(match.stale.map { found[$0].id }, folder)
        if isReadable, !fresh.changed.isEmpty || !match.gone.isEmpty {
            try? database?.update(fresh.changed.compactMap(\.self), removed: match.gone)
        }
        var rows: [RunRow] = []
        rows.reserveCapacity(found.count)
        var next = 0
        for (place, index) in match.entries.enumerated() {
            if let index {
                rows.append(known[index].row)
            } else if next < match.stale.count, match.stale[next] == place {
                if let row = fresh.changed[next]?.row { rows.append(row) }
                next += 1
            }
        }
        let now = Timestamp.now
        for index in rows.indices where rows[index].duration == nil { look(at: &rows[index], now) }
        return Listing(rows: rows, damaged: fresh.damaged)
    }

    private typealias Gathered = (
        found: [ManifestFolder.Found], database: IndexDatabase?, known: [IndexDatabase.Entry], isReadable: Bool
    )

    /// Looks at the folders and into the index at the same time: they take about as long as each other.
    private func gather(_ folder: borrowing ManifestFolder) -> Gathered {
        let stream = folder.stream
        // Each half writes variables of its own, and both have ended when concurrentPerform returns.
        nonisolated(unsafe) var found: [ManifestFolder.Found] = []
        nonisolated(unsafe) var index: (IndexDatabase?, [IndexDatabase.Entry], Bool) = (nil, [], false)
        nonisolated(unsafe) let directory = stream
        DispatchQueue.concurrentPerform(iterations: 2) { half in
            if half == 0 {
                found = ManifestFolder.scan(directory).sorted { $0.id < $1.id }
            } else {
                let database = IndexDatabase(store.indexPath)
                let (known, isReadable) = entries(database)
                index = (database, known, isReadable)
            }
        }
        return (found, index.0, index.1, index.2)
    }

    /// What is on disk beside what the index knows. Both are sorted by id.
    private struct Match {
        /// For each run found, its entry in the index, if that is up to date.
        var entries: [Int?] = []
        /// The runs found that have none.
        var stale: [Int] = []
        /// Runs that the index has, and the disk has not.
        var gone: [RunID] = []

        init(_ found: [ManifestFolder.Found], _ known: [IndexDatabase.Entry]) {
            entries.reserveCapacity(found.count)
            var next = 0
            for (place, run) in found.enumerated() {
                while next < known.count, known[next].row.id < run.id {
                    gone.append(known[next].row.id)
                    next += 1
                }
                let isKnown = next < known.count && known[next].row.id == run.id
                let isFresh = isKnown && known[next].stamp == run.stamp
                entries.append(isFresh ? next : nil)
                if !isFresh { stale.append(place) }
                if isKnown { next += 1 }
            }
            gone += known[next...].map(\.row.id)
        }
    }

    /// What the index knows. One that turns out damaged on reading is removed; the next listing makes a new one.
    private func entries(_ database: IndexDatabase?) -> ([IndexDatabase.Entry], isReadable: Bool) {
        do {
            return (try database?.entries() ?? [], true)
        } catch {
            if IndexDatabase.isDamage(error) {
                for suffix in ["", "-journal"] { try? Files.remove(store.indexPath + suffix) }
            }
            return ([], false)
        }
    }

    /// Reads manifests; `changed` has a place for each of them.
    private func read(
        _ ids: [RunID], _ folder: borrowing ManifestFolder
    ) -> (changed: [IndexDatabase.Entry?], damaged: [Damaged]) {
        var changed: [IndexDatabase.Entry?] = []
        var damaged: [Damaged] = []
        for (id, outcome) in zip(ids, folder.read(ids)) {
            switch outcome {
            case .row(let row, let stamp): changed.append(IndexDatabase.Entry(stamp: stamp, row: row))
            case .damaged(let reason):
                changed.append(nil)
                damaged.append(Damaged(path: store.folder(of: id).manifestPath, reason: reason))
            case .gone: changed.append(nil)
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
