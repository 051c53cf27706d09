import ExperimentModel
import HostSystem
import TestSupport

/// A series with one point for each step from `start`.
func series(_ name: String, _ values: [Double], start: Int64 = 0) -> MetricSeries {
    MetricSeries(
        name: name,
        points: values.enumerated().map { index, value in
            let step = start + Int64(index)
            return .init(
                step: step, value: value, time: Timestamp(seconds: 1.7e9 + Double(index)), sources: [.stdout])
        })
}
