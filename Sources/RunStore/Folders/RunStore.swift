import ExperimentModel
import Glibc
import HostSystem

/// The runs of one project: the folders below `.bunsen/runs/`.
package struct RunStore: Sendable {
    /// Absolute path of the project.
    package let project: String

    package init(project: String) {
        self.project = project
    }

    package var stateFolder: String { "\(project)/.bunsen" }
    package var runsFolder: String { "\(stateFolder)/runs" }
    package var indexPath: String { "\(stateFolder)/index.sqlite" }

    /// The folder that belongs to an id, whether it exists or not.
    package func folder(of id: RunID) -> RunFolder { RunFolder(id: id, path: "\(runsFolder)/\(id.text)") }

    /// Makes the folder of a new run, and tells git to leave the project's state alone.
    package func makeFolder(for id: RunID) throws -> RunFolder {
        let folder = folder(of: id)
        try Files.makeFolder(runsFolder)
        let ignore = "\(stateFolder)/.gitignore"
        if !Files.exists(ignore) { try Files.write("*\n", to: ignore) }
        guard mkdir(folder.path, 0o755) == 0 else { throw SystemError("make the folder", folder.path) }
        return folder
    }

    /// All run folders, oldest first. A folder without a manifest is a run that is being made, or what is left of one.
    package func folders() throws -> [RunFolder] {
        guard Files.exists(runsFolder) else { return [] }
        return try Files.names(in: runsFolder).compactMap { RunID($0).map(folder(of:)) }
    }

    /// The run that a person means by `latest`, an id, the beginning of one, a short id or its beginning, or a name
    /// (then the newest of that name). Throws `runNotFound` or `runAmbiguous` with candidates.
    package func find(_ reference: String) throws -> RunFolder {
        let folders = try folders().filter { Files.exists($0.manifestPath) }
        if reference == "latest" {
            guard let latest = folders.last else { throw notFound(reference, []) }
            return latest
        }
        let lowercased = reference.lowercased()
        let fitting = folders.filter {
            !lowercased.isEmpty && ($0.id.text.hasPrefix(lowercased) || $0.id.short.hasPrefix(lowercased))
        }
        if let exact = fitting.first(where: { $0.id.text == lowercased || $0.id.short == lowercased }),
            fitting.filter({ $0.id.short == exact.id.short }).count == 1
        {
            return exact
        }
        let rows = RunIndex(store: self).listing().rows
        if let named = rows.last(where: { $0.name == reference }) { return folder(of: named.id) }
        if fitting.count == 1 { return fitting[0] }
        if fitting.isEmpty { throw notFound(reference, rows) }
        let ids = Set(fitting.suffix(5).map(\.id))
        throw RunStoreError.runAmbiguous(
            reference: reference, candidates: rows.filter { ids.contains($0.id) }.reversed().map(candidate),
            count: fitting.count)
    }

    /// The newest run, nil when there is none.
    package func latest() throws -> RunFolder? {
        try folders().last { Files.exists($0.manifestPath) }
    }

    /// Removes a run. It takes another name first, so that a crash on the way leaves no half run in any table.
    ///
    /// - Parameter force: remove it also while it is running; its supervisor then writes into nothing.
    package func remove(_ folder: RunFolder, force: Bool = false) throws {
        if !force, folder.isHeld { throw RunStoreError.runStillRunning(folder.id) }
        let condemned = "\(runsFolder)/\(Self.condemnedPrefix)\(folder.id.text)"
        if Files.exists(condemned) { try Files.remove(condemned) }
        guard rename(folder.path, condemned) == 0 else { throw SystemError("remove", folder.path) }
        try Files.remove(condemned)
        removeLeftovers()
    }

    private static let condemnedPrefix = ".removing-"

    /// Finishes what a removal that crashed has left. Another process may be at it as well: failures do not matter.
    private func removeLeftovers() {
        for name in (try? Files.names(in: runsFolder)) ?? [] where name.hasPrefix(Self.condemnedPrefix) {
            try? Files.remove("\(runsFolder)/\(name)")
        }
    }

    private func notFound(_ reference: String, _ rows: [RunRow]) -> RunStoreError {
        .runNotFound(
            reference: reference, project: project, candidates: rows.suffix(3).reversed().map(candidate))
    }

    private func candidate(_ row: RunRow) -> RunStoreError.Candidate {
        RunStoreError.Candidate(id: row.id, name: row.name, started: row.started)
    }
}
