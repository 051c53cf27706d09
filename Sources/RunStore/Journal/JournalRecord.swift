import ExperimentModel
import HostSystem

/// One line of a journal that is not the frequent one, a point in numbers.
package enum JournalRecord: Sendable, Hashable {
    case point(MetricPoint)
    /// A hyperparameter that became known while the run lasted.
    case parameter(Parameter)
    case text(name: String, step: Int64?, value: String, source: String)
    /// `file` is a path below the run folder.
    case image(name: String, step: Int64?, file: String, source: String)
    /// `counts` has one number fewer than `edges`.
    case histogram(name: String, step: Int64?, edges: [Double], counts: [Double], source: String)
    case sample(SystemSample)
    /// A sentence for the person.
    case warning(String)
    /// A remark by a person.
    case note(String)
    case end(RunEnd)
}

/// A journal line as JSON: which fields are there says what it is (Documentation/formats/run-folder.md).
struct JournalLine: Codable {
    var t: Double?
    var metric: String?
    var parameter: String?
    var text: String?
    var image: String?
    var histogram: String?
    var step: Int64?
    var epoch: Double?
    var value: ParameterValue?
    var file: String?
    var edges: [Double]?
    var counts: [Double]?
    var from: String?
    var sample: SystemSample?
    var warning: String?
    var note: String?
    var end: RunEnd?

    init(_ record: JournalRecord) {
        switch record {
        case .point(let point):
            (metric, step, epoch, from) = (point.name, point.step, point.epoch, point.source.rawValue)
            value = .number(point.value)
            if !point.value.isFinite { value = .text(jsonName(ofNonFinite: point.value)) }
        case .parameter(let parameter):
            (self.parameter, value, from) = (parameter.name, parameter.value, parameter.source)
        case .text(let name, let step, let value, let source):
            (text, self.step, self.value, from) = (name, step, .text(value), source)
        case .image(let name, let step, let file, let source):
            (image, self.step, self.file, from) = (name, step, file, source)
        case .histogram(let name, let step, let edges, let counts, let source):
            (histogram, self.step, self.edges, self.counts, from) = (name, step, edges, counts, source)
        case .sample(let sample): self.sample = sample
        case .warning(let text): warning = text
        case .note(let text): note = text
        case .end(let end): self.end = end
        }
    }

    /// What the line says; nil for an object that this version does not know.
    var record: JournalRecord? {
        if let metric {
            guard let source = from.flatMap(MetricSource.init(rawValue:)), let number else { return nil }
            return .point(
                MetricPoint(
                    name: metric, step: step, epoch: epoch, value: number, time: Timestamp(seconds: t ?? 0),
                    source: source))
        }
        if let parameter, let value {
            return .parameter(Parameter(name: parameter, value: value, source: from ?? ""))
        }
        if let text, let value { return .text(name: text, step: step, value: Self.words(value), source: from ?? "") }
        if let image, let file, Self.isInside(file) {
            return .image(name: image, step: step, file: file, source: from ?? "")
        }
        if let histogram, let edges, let counts, !counts.isEmpty, edges.count - 1 == counts.count {
            return .histogram(name: histogram, step: step, edges: edges, counts: counts, source: from ?? "")
        }
        if let sample { return .sample(sample) }
        if let warning { return .warning(warning) }
        if let note { return .note(note) }
        return end.map { .end($0) }
    }

    private var number: Double? {
        switch value {
        case .integer(let whole): Double(whole)
        case .number(let number): number
        case .text("NaN"): .nan
        case .text("Infinity"): .infinity
        case .text("-Infinity"): -.infinity
        case .text, .boolean, nil: nil
        }
    }

    /// The decoder reads the text `NaN` as a number; a text line means the word.
    private static func words(_ value: ParameterValue) -> String {
        if case .number(let number) = value, !number.isFinite { return jsonName(ofNonFinite: number) }
        return value.description
    }

    /// A run folder may come from anywhere: a picture's path must not lead out of it.
    private static func isInside(_ path: String) -> Bool {
        !path.isEmpty && !path.hasPrefix("/") && !path.split(separator: "/").contains("..") && !path.contains("\0")
    }
}

private func jsonName(ofNonFinite value: Double) -> String {
    value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
}
