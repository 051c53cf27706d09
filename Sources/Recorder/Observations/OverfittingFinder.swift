import CurveFigures
import ExperimentModel

/// Losses on held-out data that rise while the training loss falls.
enum OverfittingFinder {
    /// The first group of losses in which the two part.
    static func find(_ series: [MetricSeries]) -> [Observation] {
        for group in MetricGroup.groups(of: series) where MetricChoice.goal(of: group.name) == .min {
            let held = group.series.filter { MetricGroup.isHeldOut($0.name) }
            guard let train = group.series.first(where: { !MetricGroup.isHeldOut($0.name) }) else { continue }
            for one in held {
                if let found = find(train: train, held: one) { return [found] }
            }
        }
        return []
    }

    static func find(train: MetricSeries, held: MetricSeries) -> Observation? {
        let values = finite(held)
        let training = finite(train)
        guard values.count >= 6, training.count >= 6 else { return nil }
        let smooth = Statistics.smoothed(values.map(\.value), radius: 1)
        guard let best = smooth.indices.min(by: { smooth[$0] < smooth[$1] }) else { return nil }
        let after = smooth[(best + 1)...]
        guard after.count >= max(3, values.count / 5), let last = after.last else { return nil }
        // Noise: how far neighbours differ, beyond their trend.
        let steps = zip(values.dropFirst(), values).map { $0.value - $1.value }
        let noise = Statistics.deviation(steps, around: Statistics.median(steps)) / 2.0.squareRoot()
        let third = max(1, after.count / 3)
        let early = Statistics.median(after.prefix(third))
        let late = Statistics.median(after.suffix(third))
        let needed = max(0.05 * abs(smooth[best]), 3 * noise)
        guard last - smooth[best] > needed, late > early, late - smooth[best] > needed else { return nil }
        let turn = values[best].step
        let since = training.filter { $0.step >= turn }
        guard since.count >= 3 else { return nil }
        let part = max(1, since.count / 4)
        let from = Statistics.median(since.prefix(part).map(\.value))
        let to = Statistics.median(since.suffix(part).map(\.value))
        guard from - to > 0.02 * abs(from) else { return nil }
        return .overfitting(
            train: train.name, held: held.name, step: turn, best: values[best].value, last: values.last?.value ?? last)
    }

    private static func finite(_ series: MetricSeries) -> [(step: Int64, value: Double)] {
        Statistics.condensed(series.points.filter(\.value.isFinite).map { ($0.step, $0.value) }, to: 60)
    }
}
