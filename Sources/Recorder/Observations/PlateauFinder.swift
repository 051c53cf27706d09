import CurveFigures
import ExperimentModel

/// A metric that stopped getting better.
enum PlateauFinder {
    /// No improvement worth the name over the last third of the points: less than 1 % of all that was gained before.
    static func find(_ series: MetricSeries, goal: PrimaryMetric.Goal) -> Observation? {
        let sign = goal == .max ? 1.0 : -1.0
        let finite = series.points.filter(\.value.isFinite).map { (step: $0.step, value: $0.value * sign) }
        let points = Statistics.condensed(finite, to: 60)
        guard points.count >= 12 else { return nil }
        let smooth = Statistics.smoothed(points.map(\.value), radius: 1)
        let cut = points.count * 2 / 3
        guard let before = smooth[..<cut].max(), let after = smooth[cut...].max(), let first = smooth.first else {
            return nil
        }
        let gained = before - first
        guard gained > 0, after - before < 0.01 * gained else { return nil }
        // Where the level was reached for the first time.
        guard let reached = smooth.firstIndex(where: { $0 >= before - 0.01 * gained }), reached < cut else {
            return nil
        }
        return .plateau(metric: series.name, step: points[reached].step, best: before * sign)
    }
}

/// The best value and what became of it.
enum BestFinder {
    static func find(_ series: MetricSeries, goal: PrimaryMetric.Goal) -> Observation? {
        guard let best = series.best(goal), let last = series.points.last(where: \.value.isFinite) else { return nil }
        let loss = abs(last.value - best.value)
        let isWorse = loss > 0.01 * max(abs(best.value), 1e-12)
        return .best(metric: series.name, value: best.value, step: best.step, worseBy: isWorse ? loss : nil)
    }
}

/// Steps that go back: the training was started again from a checkpoint.
enum RestartFinder {
    /// One remark for the whole run. A counter that begins again in every epoch is no restart.
    static func find(_ series: [MetricSeries]) -> [Observation] {
        for one in series {
            let places = one.points.indices.dropFirst().filter { one.points[$0].step < one.points[$0 - 1].step }
            guard let first = places.first, places.count <= CurveSteps.restartLimit else { continue }
            return [
                .restart(
                    metric: one.name, from: one.points[first - 1].step, to: one.points[first].step,
                    others: places.count - 1)
            ]
        }
        return []
    }
}
