import ExperimentModel
import HostSystem

/// A point as journals are read: a number in place of the name, so that a million of them stay small.
package struct JournalPoint: Sendable, Hashable {
    /// In the reader's `names`.
    package var name: Int32
    package var source: MetricSource
    /// Nil where the program named none.
    package var step: Int64?
    package var epoch: Double?
    package var value: Double
    package var time: Double

    package init(
        name: Int32, source: MetricSource, step: Int64?, epoch: Double? = nil, value: Double, time: Double
    ) {
        self.name = name
        self.source = source
        self.step = step
        self.epoch = epoch
        self.value = value
        self.time = time
    }
}

/// A journal line that was read.
package enum JournalItem: Sendable {
    case point(JournalPoint)
    case record(JournalRecord, Timestamp)
}
