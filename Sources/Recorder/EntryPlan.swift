import CurveFigures
import ExperimentModel
import HostSystem
import MarkdownEntry

/// Everything that an entry will hold, as bytes, before anything is written. The same record gives the same plan.
package struct EntryPlan: Sendable {
    package let runID: RunID
    /// `2026-11-23-digits`; the writer appends a number where it is taken.
    package let folderName: String
    /// Set when the entry is new; a person may change them.
    package let openingKeys: [(key: String, value: YAMLValue)]
    /// Set on every writing.
    package let runKeys: [(key: String, value: YAMLValue)]
    /// In the order in which a new entry has them.
    package let blocks: [BlockContent]
    /// Everything but `index.md`.
    package let files: [EntryFile]
    let language: EntryLanguage

    /// - Parameter language: nil for the manifest's own.
    package init(_ record: RunRecord, language: EntryLanguage? = nil) throws(RecorderError) {
        let manifest = record.manifest
        let language = language ?? EntryLanguage(tag: manifest.language)
        let words = language.phrases
        let primary = MetricChoice.primary(manifest.primary, among: record.series)
        self.language = language
        runID = manifest.id
        folderName = "\(manifest.started.date)-\(Slug.make(manifest.name))"
        openingKeys = Self.openingKeys(manifest)
        runKeys = Self.runKeys(record, primary)

        let drawn = record.series.filter { !MetricSection.isSetting($0, primary) }
        let curves = CurveFigures.figures(of: drawn, primary: primary, words: words.figures)
        let machine = CurveFigures.machine(record.samples, words: words.figures)
        let figures = Array(curves.prefix(CurveSection.limit)) + [machine].compactMap { $0 }
        blocks = [
            BlockContent(name: "summary", content: SummarySection.content(record, primary: primary, words)),
            BlockContent(name: "output", content: OutputSection.content(record, words)),
            BlockContent(name: "environment", content: EnvironmentSection.content(record, words)),
            BlockContent(name: "command", content: CommandSection.content(record, words)),
            BlockContent(name: "gpu", content: GPUSection.content(record, words)),
            BlockContent(name: "hyperparameters", content: ParameterSection.content(record, words)),
            BlockContent(name: "metrics", content: MetricSection.content(record, primary: primary, words)),
            BlockContent(
                name: "curves",
                content: CurveSection.content(figures, omitted: max(0, curves.count - CurveSection.limit), words)),
            BlockContent(name: "notebook", content: NotebookSection.content(record, words)),
            BlockContent(name: "logged", content: LoggedSection.content(record, words)),
            BlockContent(name: "proposals", content: ProposalSection.content(record, words)),
        ]
        do {
            var files = [EntryFile(path: "run.json", bytes: try RecordCoding.encode(manifest))]
            files.append(EntryFile(path: "metrics.csv", bytes: MetricTable.csv(record.series)))
            files += figures.map { EntryFile(path: "figures/\($0.fileName)", bytes: Array($0.svg.utf8)) }
            // A hostile path must neither leave the folder nor replace what is planned.
            var taken = Set(files.map(\.path) + ["index.md"])
            files += record.attachments.filter { EntryPath.isSafe($0.path) && taken.insert($0.path).inserted }
            self.files = files
        } catch {
            throw RecorderError("encode the manifest of run", manifest.id.text, cause: error)
        }
    }

    /// `index.md` of a new entry.
    package var index: [UInt8] {
        let words = language.phrases
        var parts: [EntryDocument.Part] = []
        for block in blocks where !block.content.isEmpty || block.name == "proposals" {
            if block.name == "proposals" { parts.append(.text("## \(words.observationsHeading)")) }
            parts.append(.block(block))
        }
        parts.append(.text("## \(words.nextSteps)"))
        return EntryDocument.new(frontMatter: openingKeys + runKeys, parts: parts)
    }

    private static func openingKeys(_ manifest: RunManifest) -> [(key: String, value: YAMLValue)] {
        let setup = TrainingSetup(manifest)
        // "AdamW 3e-4", or "lr 3e-4" where no optimizer is named.
        let optimizer = setup.learningRate.map { "\(setup.optimizer ?? "lr") \($0)" } ?? setup.optimizer ?? ""
        let details = [setup.model, optimizer.isEmpty ? nil : optimizer].compactMap { $0 }.joined(separator: ", ")
        let title = details.isEmpty ? manifest.name : "\(manifest.name): \(details)"
        var tags = [Slug.make(manifest.name)]
        if let model = setup.model.map(Slug.make), !tags.contains(model) { tags.append(model) }
        return [
            ("title", .plain(YAMLValue.quotedText(title))), ("date", .plain(manifest.started.rfc3339)),
            ("tags", .list(tags)),
        ]
    }

    private static func runKeys(_ record: RunRecord, _ primary: PrimaryMetric?) -> [(key: String, value: YAMLValue)] {
        let manifest = record.manifest
        var keys: [(key: String, value: YAMLValue)] = [("run_id", .plain(YAMLValue.quotedText(manifest.id.text)))]
        if let digest = manifest.environment?.lockDigest { keys.append(("run_lock", .text(digest))) }
        keys.append(("run_status", .text((manifest.end?.status ?? .running).rawValue)))
        if let end = manifest.end { keys.append(("run_duration", .number((end.duration * 10).rounded() / 10))) }
        if let source = manifest.source, let commit = source.commit {
            keys.append(("run_commit", .plain(YAMLValue.quotedText(commit))))
            keys.append(("run_dirty", .boolean(source.dirty)))
        }
        if !manifest.gpus.isEmpty { keys.append(("run_gpu", .text(gpus(manifest.gpus)))) }
        if let torch = manifest.torch { keys.append(("run_torch", .text(torch.version))) }
        if let primary, let series = record.series.first(where: { $0.name == primary.metric }),
            let best = series.best(primary.goal)
        {
            keys.append(("run_primary_metric", .text(primary.metric)))
            keys.append(("run_primary_value", .number(best.value)))
        }
        return keys
    }

    /// `4 × NVIDIA A100-SXM4-80GB`.
    private static func gpus(_ gpus: [RunManifest.GPU]) -> String {
        var names: [(name: String, count: Int)] = []
        for gpu in gpus {
            if let index = names.firstIndex(where: { $0.name == gpu.name }) {
                names[index].count += 1
            } else {
                names.append((gpu.name, 1))
            }
        }
        return names.map { $0.count > 1 ? "\($0.count) × \($0.name)" : $0.name }.joined(separator: ", ")
    }
}
