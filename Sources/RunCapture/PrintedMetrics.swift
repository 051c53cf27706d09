import ExperimentModel
import HostSystem
import MetricText
import RunStore

/// Metrics on the lines that the command prints.
package struct PrintedMetrics {
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
    package private(set) var lastStep: Int64?

    /// - Parameter patterns: the recipe's own, tried on every line before the forms that are known.
    package init(patterns: [MetricPattern]) {
        self.patterns = patterns
    }

    mutating func scan(_ bytes: UnsafeRawBufferPointer, from source: MetricSource, into journal: RunJournal) {
        if !patterns.isEmpty, matchPatterns(bytes, from: source, into: journal) { return }
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

    private mutating func matchPatterns(
        _ bytes: UnsafeRawBufferPointer, from source: MetricSource, into journal: RunJournal
    ) -> Bool {
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
