import ExperimentModel
import HostSystem

/// Something about stored runs that cannot be done: what was asked for, and why not.
package enum RunStoreError: Error, CustomStringConvertible {
    /// A run as it is named in messages: enough to tell it from its neighbours.
    package struct Candidate: Sendable, Hashable, CustomStringConvertible {
        package let id: RunID
        package let name: String
        package let started: Timestamp

        package var description: String { "\(id.short) (\(name), \(started.rfc3339))" }
    }

    /// No run of the project fits the reference. `candidates` are its newest runs.
    case runNotFound(reference: String, project: String, candidates: [Candidate])
    /// More than one run fits. `candidates` are the first of them, `count` says how many there are.
    case runAmbiguous(reference: String, candidates: [Candidate], count: Int)
    case runStillRunning(RunID)
    /// `run.json` is there, but is not a manifest.
    case manifestDamaged(path: String, reason: String)
    /// Another process writes to the file.
    case fileInUse(path: String)
    /// The file is shorter than what was already read of it: it was replaced.
    case fileBecameShorter(path: String, offset: Int, size: Int)
    /// A filter or sort expression; `position` counts characters from 1.
    case query(part: String, text: String, position: Int, reason: String)

    package var description: String {
        switch self {
        case .runNotFound(let reference, let project, let candidates):
            if candidates.isEmpty {
                return "cannot find the run \(reference): there are no runs in \(project)"
            }
            let list = candidates.map(\.description).joined(separator: ", ")
            return "cannot find the run \(reference) in \(project); the newest runs are \(list)"
        case .runAmbiguous(let reference, let candidates, let count):
            let list = candidates.map(\.description).joined(separator: ", ")
            let rest = count > candidates.count ? " and \(count - candidates.count) more" : ""
            return "cannot tell which run \(reference) is: \(count) runs fit: \(list)\(rest)"
        case .runStillRunning(let id):
            return "cannot remove the run \(id.short): it is still running"
        case .manifestDamaged(let path, let reason):
            return "cannot read the manifest \(path): \(reason)"
        case .fileInUse(let path):
            return "cannot write to \(path): another process holds it"
        case .fileBecameShorter(let path, let offset, let size):
            return "cannot go on reading \(path): it has \(size) bytes, but \(offset) were read before"
        case .query(let part, let text, let position, let reason):
            return "cannot read the \(part) \"\(text)\", character \(position): \(reason)"
        }
    }
}
