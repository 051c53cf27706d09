import ExperimentModel
import Glibc
import HostSystem

/// One run on disk: the paths inside its folder, its manifest and where it stands.
/// The format is Documentation/formats/run-folder.md.
package struct RunFolder: Sendable, Hashable {
    package let id: RunID
    /// Absolute path of the folder.
    package let path: String

    package init(id: RunID, path: String) {
        self.id = id
        self.path = path
    }

    package static let manifestName = "run.json"
    package static let journalName = "journal.jsonl"

    package var manifestPath: String { "\(path)/\(Self.manifestName)" }
    package var journalPath: String { "\(path)/\(Self.journalName)" }
    package var outputPath: String { "\(path)/output.log" }
    /// What Bunsen itself has said of a run in the background.
    package var supervisorLogPath: String { "\(path)/supervisor.log" }
    package var environmentPath: String { "\(path)/environment" }
    package var mediaPath: String { "\(path)/media" }

    /// The manifest. A missing file throws `SystemError`, a file that is no manifest `RunStoreError.manifestDamaged`.
    package func readManifest() throws -> RunManifest {
        let bytes = try Files.read(manifestPath, limit: 64 << 20)
        do {
            return try RecordCoding.decode(RunManifest.self, from: bytes)
        } catch {
            throw RunStoreError.manifestDamaged(path: manifestPath, reason: jsonReason(error))
        }
    }

    /// Replaces the manifest in one step. Take the lock on the journal first: a manifest whose journal nobody holds is
    /// an interrupted run.
    package func write(_ manifest: RunManifest) throws {
        try Files.write(try RecordCoding.encode(manifest), to: manifestPath)
    }

    /// Whether a supervisor is at work on this run.
    package var isHeld: Bool { FileLock.isHeld(journalPath) }

    /// The end that the manifest tells of; without one, `running` while a supervisor holds the journal, else
    /// `interrupted`.
    package func status(end: RunEnd?) -> RunStatus {
        end?.status ?? (isHeld ? .running : .interrupted)
    }

    package func status() throws -> RunStatus { status(end: try readManifest().end) }

    /// The end of an interrupted run as far as the folder tells: the time of the last write to its journal.
    package var lastSign: Timestamp? {
        var status = stat()
        guard stat(journalPath, &status) == 0 else { return nil }
        return Timestamp(seconds: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9)
    }
}

/// The reason of a decoding error in a few words, with the field where there is one.
func jsonReason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    switch error {
    case .keyNotFound(let key, let context):
        return "the field \(fieldPath(context.codingPath + [key])) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
        return "the field \(fieldPath(context.codingPath)) has another type than expected"
    case .dataCorrupted(let context):
        return context.codingPath.isEmpty
            ? "not valid JSON" : "the field \(fieldPath(context.codingPath)) has a value that is not allowed"
    @unknown default:
        return "not a manifest"
    }
}

private func fieldPath(_ keys: [any CodingKey]) -> String {
    keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
}
