import ExperimentModel
import FoundationEssentials
import HostSystem
import Recorder
import RunCapture
import RunStore

/// From a run folder to its entry in the logbook.
enum EntryWriting {
    /// Lines of output that an entry of a run that went wrong shows.
    private static let shownLines = 20

    /// Writes the entry of a run, new or again. Returns the path of its `index.md`.
    ///
    /// - Parameters:
    ///   - reading: the journal, for those who have read it already.
    ///   - force: also replace blocks that a person edited; theirs is kept beside.
    ///   - redaction: for what the program printed or logged itself. Entries are committed; run folders are not.
    static func write(
        _ folder: RunFolder, _ manifest: RunManifest, _ reading: JournalReading?, logbook: String, force: Bool,
        redaction: Redaction
    ) throws -> String {
        var manifest = manifest
        if manifest.end == nil { manifest.end = interruptedEnd(folder, manifest) }
        manifest.supervisor = nil
        let reading = try reading ?? JournalReading(folder)
        var record = RunRecord(
            manifest: manifest, series: reading.metrics.series, samples: reading.content.samples)
        for media in reading.content.media {
            switch media.value {
            case .text(let name, let step, let value, _):
                record.texts.append(LoggedText(name: name, step: step ?? 0, text: redaction.redacted(value)))
            case .image(let name, let step, let file, _):
                record.images.append(LoggedImage(name: name, step: step ?? 0, path: file))
            default: continue
            }
        }
        record.lastOutput = lastLines(of: folder.outputPath).map { redaction.redacted($0) }
        if record.manifest.notebook?.cells == nil, let report = NotebookReport(runFolder: folder.path) {
            // The supervisor did not live to see the end.
            if var notebook = record.manifest.notebook {
                report.complete(&notebook)
                record.manifest.notebook = notebook
            }
        }
        try record.attach(runFolder: folder.path)
        record.attachments = record.attachments.compactMap { file in
            file.path.hasSuffix(".ipynb") ? redacted(notebook: file, redaction) : file
        }
        let written = try EntryWriter(LogbookFolder(logbook)).write(
            try EntryPlan(record), force: force, lock: "\(Files.parent(of: folder.path) ?? folder.path)/.entries.lock")
        return "\(written.folder)/index.md"
    }

    /// A notebook without secrets in what its cells have put out. Nil where taking them out leaves none that can be read.
    private static func redacted(notebook file: EntryFile, _ redaction: Redaction) -> EntryFile? {
        guard let bytes = redaction.redacted(bytes: file.bytes) else { return file }
        struct Anything: Decodable { init(from decoder: any Decoder) throws {} }
        guard (try? JSONDecoder().decode(Anything.self, from: Data(bytes))) != nil else { return nil }
        return EntryFile(path: file.path, bytes: bytes)
    }

    /// Path of the entry of a run; nil where it has none.
    static func existingEntry(of run: RunID, in logbook: String) -> String? {
        guard Files.exists(logbook), let folder = try? LogbookFolder(logbook).entry(of: run.text) else { return nil }
        return "\(folder)/index.md"
    }

    /// Adds a remark to the Observations of a run's entry. Returns its path; nil where the run has no entry.
    static func append(note: String, to run: RunID, language: String, logbook: String) throws -> String? {
        guard Files.exists(logbook) else { return nil }
        return try EntryWriter(LogbookFolder(logbook)).append(
            note: note, to: run.text, time: .now, language: EntryLanguage(rawValue: language) ?? .english)
    }

    /// The end of a run whose supervisor was killed, as far as its folder tells.
    private static func interruptedEnd(_ folder: RunFolder, _ manifest: RunManifest) -> RunEnd {
        let time = folder.lastSign ?? manifest.started
        var end = RunEnd(
            status: .interrupted, time: time, duration: max(0, time.seconds - manifest.started.seconds))
        end.reason = "the supervisor ended without a word; the journal has what was acknowledged"
        return end
    }

    private static func lastLines(of path: String) -> [String] {
        guard let offset = try? OutputLogReader.offsetOfLast(shownLines, in: path),
            let reader = try? OutputLogReader(path, offset: offset)
        else { return [] }
        var text = OutputText()
        var bytes: [UInt8] = []
        try? reader.readAvailable { entry in
            if bytes.count < 1 << 16 { text.append(entry, to: &bytes) }
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .suffix(shownLines + 1).map(String.init)
    }
}
