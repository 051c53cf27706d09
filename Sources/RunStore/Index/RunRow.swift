import ExperimentModel
import HostSystem

/// What tables show of a run: the part of its manifest that the index keeps.
package struct RunRow: Sendable, Hashable, Codable {
    package struct Metric: Sendable, Hashable, Codable {
        package var name: String
        package var value: Double

        package init(name: String, value: Double) {
            self.name = name
            self.value = value
        }
    }

    package var id: RunID
    package var name: String
    package var status: RunStatus
    package var started: Timestamp
    /// Seconds: of the whole run when it ended, up to now while it runs, up to its last sign when it was interrupted.
    package var duration: Double?
    package var parameters: [Parameter]
    package var primary: PrimaryMetric?
    /// Best value of the primary metric, and its step.
    package var primaryValue: Double?
    package var primaryStep: Int64?
    package var lastStep: Int64?
    /// Number of points in the journal, known at the end.
    package var points: Int
    /// The last value of each metric, by name.
    package var metrics: [Metric]

    package init(
        id: RunID, name: String, status: RunStatus, started: Timestamp, duration: Double? = nil,
        parameters: [Parameter] = [], primary: PrimaryMetric? = nil, primaryValue: Double? = nil,
        primaryStep: Int64? = nil, lastStep: Int64? = nil, points: Int = 0, metrics: [Metric] = []
    ) {
        self.id = id
        self.name = name
        self.status = status
        self.started = started
        self.duration = duration
        self.parameters = parameters
        self.primary = primary
        self.primaryValue = primaryValue
        self.primaryStep = primaryStep
        self.lastStep = lastStep
        self.points = points
        self.metrics = metrics
    }

    package func parameter(_ name: String) -> ParameterValue? { parameters.last { $0.name == name }?.value }
    package func metric(_ name: String) -> Double? { metrics.first { $0.name == name }?.value }
}

/// The fields of a manifest that a row needs; the decoder passes over the rest.
struct ManifestSummary: Decodable {
    var id: RunID
    var name: String
    var started: Timestamp
    var parameters: [Parameter]?
    var primary: PrimaryMetric?
    var end: RunEnd?
    var summary: RunManifest.MetricSummary?

    /// The row as far as the manifest alone tells; a run without an end counts as interrupted until it is looked at.
    var row: RunRow {
        RunRow(
            id: id, name: name, status: end?.status ?? .interrupted, started: started, duration: end?.duration,
            parameters: parameters ?? [], primary: primary, primaryValue: summary?.primaryValue,
            primaryStep: summary?.primaryStep, lastStep: end?.lastStep, points: summary?.points ?? 0,
            metrics: (summary?.last ?? [:]).sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value) })
    }
}
