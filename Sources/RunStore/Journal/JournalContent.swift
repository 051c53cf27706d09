import ExperimentModel
import HostSystem

/// Everything that a journal says, sorted by kind, each kind in the order of arrival.
package struct JournalContent: Sendable {
    package struct Timed<Value: Sendable>: Sendable {
        package var time: Timestamp
        package var value: Value
    }

    package var names = NameTable()
    package var points: [JournalPoint] = []
    package var parameters: [Parameter] = []
    /// Texts, images and histograms.
    package var media: [Timed<JournalRecord>] = []
    package var samples: [SystemSample] = []
    package var warnings: [Timed<String>] = []
    package var notes: [Timed<String>] = []
    /// The last end that was written.
    package var end: RunEnd?
    package var damagedLines = 0
    package var damagedLineNumbers: [Int] = []

    package init() {}

    /// Reads a whole journal. A file that does not exist is an empty journal.
    package init(readingFrom path: String) throws {
        guard Files.exists(path) else { return }
        let reader = try JournalReader(path)
        try reader.readAvailable { add($0) }
        names = reader.names
        damagedLines = reader.damagedLines
        damagedLineNumbers = reader.damagedLineNumbers
    }

    private mutating func add(_ item: JournalItem) {
        switch item {
        case .point(let point): points.append(point)
        case .record(.parameter(let parameter), _): parameters.append(parameter)
        case .record(.sample(let sample), _): samples.append(sample)
        case .record(.warning(let text), let time): warnings.append(Timed(time: time, value: text))
        case .record(.note(let text), let time): notes.append(Timed(time: time, value: text))
        case .record(.end(let end), _): self.end = end
        case .record(let record, let time): media.append(Timed(time: time, value: record))
        }
    }

    /// The metrics, merged over the ways by which they came.
    package var metrics: MergedMetrics { SeriesMerger.merge(points, names: names.names) }
}
