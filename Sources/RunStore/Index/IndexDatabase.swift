import ExperimentModel
import Foundation
import GRDB
import HostSystem

/// The index as a file: rows and stamps of manifests in SQLite, made from the manifests and never needed.
///
/// It uses a rollback journal: unlike a write-ahead log that leaves nothing beside the file when nobody writes, needs
/// no shared memory, and works on network file systems. Readers take some milliseconds, and writers that cannot have
/// the file within their patience give up, because the next listing does their work.
struct IndexDatabase {
    struct Entry {
        var stamp: ManifestStamp
        var row: RunRow
    }

    private let queue: DatabaseQueue

    /// Opens the index, and makes it anew when it is damaged or of another version. Nil when that is impossible, as in
    /// a folder that cannot be written, or while another process holds it for long.
    init?(_ path: String) {
        do {
            try self.init(opening: path)
        } catch let error as DatabaseError where Self.isDamage(error) {
            for suffix in ["", "-journal"] { try? Files.remove(path + suffix) }
            guard let fresh = try? IndexDatabase(opening: path) else { return nil }
            self = fresh
        } catch {
            return nil
        }
    }

    private init(opening path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(1)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        let version = try queue.read { try Int64.fetchOne($0, sql: "PRAGMA user_version") }
        if version != RowCoding.version { try makeTables() }
    }

    private func makeTables() throws {
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA page_size = 16384")
            try database.inTransaction(.immediate) {
                try database.execute(sql: "DROP TABLE IF EXISTS runs")
                try database.execute(
                    sql: """
                        CREATE TABLE runs (id TEXT PRIMARY KEY NOT NULL, modified INTEGER NOT NULL,
                        size INTEGER NOT NULL, inode INTEGER NOT NULL, row BLOB NOT NULL)
                        """)
                try database.execute(sql: "PRAGMA user_version = \(RowCoding.version)")
                return .commit
            }
        }
    }

    /// All entries by id; those whose bytes are damaged are left out, so that their manifests are read again.
    func entries() throws -> [Entry] {
        try queue.read { database in
            var entries: [Entry] = []
            entries.reserveCapacity(try Int.fetchOne(database, sql: "SELECT count(*) FROM runs") ?? 0)
            let cursor = try Row.fetchCursor(database, sql: "SELECT modified, size, inode, row FROM runs ORDER BY id")
            while let row = try cursor.next() {
                guard let modified = row[0] as Int64?, let size = row[1] as Int64?, let inode = row[2] as Int64? else {
                    continue
                }
                let summary = try? row.withUnsafeData(atIndex: 3) { $0?.withUnsafeBytes { RowCoding.decode($0) } }
                guard let summary else { continue }
                entries.append(
                    Entry(stamp: ManifestStamp(modified: modified, size: size, inode: inode), row: summary))
            }
            return entries
        }
    }

    /// Stores what changed, all or nothing.
    func update(_ changed: [Entry], removed: [RunID]) throws {
        try queue.writeWithoutTransaction { database in
            try database.inTransaction(.immediate) {
                let insertion = try database.makeStatement(
                    sql: "INSERT OR REPLACE INTO runs (id, modified, size, inode, row) VALUES (?, ?, ?, ?, ?)")
                for entry in changed {
                    try insertion.execute(arguments: [
                        entry.row.id.text, entry.stamp.modified, entry.stamp.size, entry.stamp.inode,
                        Data(RowCoding.encode(entry.row)),
                    ])
                }
                let deletion = try database.makeStatement(sql: "DELETE FROM runs WHERE id = ?")
                for id in removed { try deletion.execute(arguments: [id.text]) }
                return .commit
            }
        }
    }

    static func isDamage(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        // SQLITE_ERROR: a table is missing or has other columns than this version's.
        return [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR].contains(error.resultCode)
    }
}
