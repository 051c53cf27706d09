import CurveFigures
import ExperimentModel

/// Values that are not numbers.
enum NonFiniteFinder {
    /// The series in which such a value came first.
    static func find(_ series: [MetricSeries]) -> [Observation] {
        let hits = series.compactMap { one in
            one.points.first { !$0.value.isFinite }.map { (series: one, point: $0) }
        }
        guard let first = hits.min(by: { $0.point.time < $1.point.time }) else { return [] }
        let points = first.series.points
        return [
            .nonFinite(
                metric: first.series.name, step: first.point.step, value: ReadableNumber.text(first.point.value),
                count: points.count { !$0.value.isFinite }, others: hits.count - 1,
                last: points.last.map { !$0.value.isFinite } ?? false)
        ]
    }
}
