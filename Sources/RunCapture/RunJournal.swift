import ExperimentModel
import HostSystem
import RunStore

/// The journal of the run that is being captured: one numbering of metric names for all sources, and lines that cannot
/// fail before they are flushed.
package final class RunJournal {
    /// A metric's name with its number in this journal.
    package struct Name: Sendable {
        fileprivate let number: Int
        let text: String
    }

    private let writer: JournalWriter
    private let redaction: Redaction
    private var names: [String: Name] = [:]

    /// - Parameter redaction: for what the command logs otherwise than by printing it.
    package init(_ writer: JournalWriter, redaction: Redaction) {
        self.writer = writer
        self.redaction = redaction
    }

    /// A name as it was logged; without secrets from now on.
    func name(_ text: String) -> Name {
        if let name = names[text] { return name }
        let name = Name(number: names.count, text: redaction.redacted(text))
        names[text] = name
        return name
    }

    @inline(__always)
    func append(
        _ name: Name, step: Int64?, epoch: Double?, value: Double, source: MetricSource, time: Timestamp
    ) {
        writer.metric(name.number, named: name.text, step: step, epoch: epoch, value: value, time: time, source: source)
    }

    func append(sample: SystemSample) { append(.sample(sample), sample.time) }

    func append(warning: String) { append(.warning(warning), .now) }

    func append(end: RunEnd) { append(.end(end), end.time) }

    func append(parameter: Parameter, time: Timestamp) { append(.parameter(redaction.redacted(parameter)), time) }

    func append(text: String, tag: String, step: Int64, time: Timestamp) {
        let clean = redaction.redacted(text)
        append(.text(name: tag, step: step, value: clean, source: MetricSource.tensorboard.rawValue), time)
    }

    func append(image file: String, tag: String, step: Int64, time: Timestamp) {
        append(.image(name: tag, step: step, file: file, source: MetricSource.tensorboard.rawValue), time)
    }

    func append(histogram edges: [Double], counts: [Double], tag: String, step: Int64, time: Timestamp) {
        append(
            .histogram(
                name: tag, step: step, edges: edges, counts: counts, source: MetricSource.tensorboard.rawValue), time)
    }

    private func append(_ record: JournalRecord, _ time: Timestamp) {
        // Only a record without a JSON form throws here, and all of these have one.
        try? writer.append(record, time)
    }

    func flush() throws { try writer.flush() }
}
