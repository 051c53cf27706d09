import ExperimentModel
import HostSystem
import MetricText
import RunStore

/// Takes the lines that the command prints: metrics go into the journal, and reports of exhausted memory are remembered.
package final class PrintedLines {
    private struct Stream {
        var scanner = MetricLineScanner()
        var steps = GlobalStep()
        /// The journal's number of each of the scanner's names.
        var names: [RunJournal.Name] = []
    }

    private var output = Stream()
    private var error = Stream()
    private var line = ScannedLine()
    private let patterns: [MetricPattern]
    private let journal: RunJournal
    /// The largest step that a line named.
    package private(set) var lastStep: Int64?
    /// The last line that reported exhausted memory.
    package private(set) var memoryError: String?

    /// - Parameter patterns: the recipe's own, tried on every line before the forms that are known.
    package init(patterns: [MetricPattern], journal: RunJournal) {
        self.patterns = patterns
        self.journal = journal
    }

    func take(_ bytes: UnsafeRawBufferPointer, from stream: OutputStream) {
        let source: MetricSource = stream == .stderr ? .stderr : .stdout
        if MemoryErrorText.mayBe(in: bytes),
            let reason = MemoryErrorText.reason(in: String(decoding: bytes, as: UTF8.self))
        {
            memoryError = reason
        }
        if !patterns.isEmpty, matchPatterns(bytes, from: source) { return }
        if source == .stderr {
            Self.scan(bytes, &error, &line, .stderr, journal, &lastStep)
        } else {
            Self.scan(bytes, &output, &line, .stdout, journal, &lastStep)
        }
    }

    private static func scan(
        _ bytes: UnsafeRawBufferPointer, _ stream: inout Stream, _ line: inout ScannedLine, _ source: MetricSource,
        _ journal: RunJournal, _ lastStep: inout Int64?
    ) {
        stream.scanner.scan(bytes, into: &line)
        guard !line.metrics.isEmpty else { return }
        if stream.names.count < stream.scanner.names.count {
            for name in stream.scanner.names[stream.names.count...] { stream.names.append(journal.name(name)) }
        }
        var step = line.step ?? line.position?.done
        if let found = step {
            let key = line.stepKey ?? .batch
            step = stream.steps.step(found, key: key, epoch: line.epoch, total: line.position?.total)
            if let step { lastStep = max(lastStep ?? step, step) }
        }
        let time = Timestamp.now
        for metric in line.metrics {
            let index = Int(metric.name)
            guard stream.names.indices.contains(index) else { continue }
            journal.append(
                stream.names[index], step: step, epoch: line.epoch, value: metric.value, source: source, time: time)
        }
    }

    private func matchPatterns(_ bytes: UnsafeRawBufferPointer, from source: MetricSource) -> Bool {
        var matched = false
        for pattern in patterns {
            guard let match = pattern.match(bytes) else { continue }
            matched = true
            if let step = match.step { lastStep = max(lastStep ?? step, step) }
            for metric in match.metrics {
                journal.append(
                    journal.name(metric.name), step: match.step, epoch: match.epoch, value: metric.value,
                    source: source, time: .now)
            }
        }
        return matched
    }
}
