import CurveFigures
import ExperimentModel
import MarkdownEntry

/// The line at the head: what was trained, how, how long, and how it ended.
enum SummarySection {
    /// - Parameter primary: the metric that stands for the run.
    static func content(_ record: RunRecord, primary: PrimaryMetric?, _ words: Phrases) -> String {
        let manifest = record.manifest
        let setup = TrainingSetup(manifest)
        var parts: [String] = []
        if let model = setup.model { parts.append("\(words.model) \(MarkdownText.plain(model))") }
        let rate = setup.learningRate.map { "lr=\($0)" }
        switch (setup.optimizer, rate) {
        case (let optimizer?, let rate?): parts.append("\(words.optimizer) \(MarkdownText.plain(optimizer)), \(rate)")
        case (let optimizer?, nil): parts.append("\(words.optimizer) \(MarkdownText.plain(optimizer))")
        case (nil, let rate?): parts.append(rate)
        case (nil, nil): break
        }
        if let batch = setup.batch {
            let areGPUs = manifest.gpus.count == setup.worldSize
            let workers = setup.worldSize > 1 ? words.workers(setup.worldSize, areGPUs) : nil
            parts.append(words.batch(String(batch), workers, setup.globalBatch.map(String.init)))
        }
        if let epochs = setup.epochs { parts.append(words.epochs(epochs)) }
        if let end = manifest.end {
            parts.append(ReadableNumber.duration(end.duration))
            parts.append(words.status(end.status))
        } else {
            parts.append(words.status(.running))
        }
        if let primary, let best = record.series.first(where: { $0.name == primary.metric })?.best(primary.goal) {
            let value = ReadableNumber.text(best.value)
            parts.append("**\(MarkdownText.plain(primary.metric)) \(words.atStep(value, String(best.step)))**")
        }
        var lines = [parts.joined(separator: " · ")]
        if let sentence = ending(manifest.end, words) { lines += ["", sentence] }
        if !manifest.warnings.isEmpty {
            lines += [""] + manifest.warnings.map { "> \(MarkdownText.plain($0))" }.joined(by: ">")
        }
        return lines.joined(separator: "\n")
    }

    /// Why a run ended, where it did not end well.
    static func ending(_ end: RunEnd?, _ words: Phrases) -> String? {
        guard let end, end.status != .finished else { return nil }
        let exit = end.signal.map(words.signal) ?? end.exitCode.map(words.exitCode)
        let reason = end.reason.map { MarkdownText.plain($0) }
        return words.endedBadly(words.status(end.status), exit, reason, end.lastStep.map { String($0) })
    }
}

extension [String] {
    /// The lines with another line between any two.
    fileprivate func joined(by separator: String) -> [String] {
        flatMap { [$0, separator] }.dropLast()
    }
}

/// The end of the output of a run that ended badly.
enum OutputSection {
    static let lines = 20

    static func content(_ record: RunRecord, _ words: Phrases) -> String {
        guard let end = record.manifest.end, end.status != .finished, !record.lastOutput.isEmpty else { return "" }
        let tail = record.lastOutput.suffix(lines).map { line in
            line.count > 2000 ? "\(line.prefix(2000)) …" : line
        }
        return "\(words.lastOutput)\n\n\(MarkdownText.fenced(tail.joined(separator: "\n"), language: "text"))"
    }
}
