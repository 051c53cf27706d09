import CurveFigures
import ExperimentModel

/// Losses that leap above what was usual just before.
enum SpikeFinder {
    /// How many values before one are its past.
    static let window = 25

    /// The largest spike of a loss. It has to be twice the running median, far outside the noise around it, and large
    /// beside what was learned so far: single hard batches late in a training are many times the median and mean nothing.
    static func find(_ series: MetricSeries) -> Observation? {
        guard MetricChoice.goal(of: series.name) == .min else { return nil }
        let points = series.points.filter(\.value.isFinite)
        guard points.count >= 12 else { return nil }
        let start = Statistics.median(points.prefix(8).map(\.value))
        var past: [Double] = []
        var worst: (index: Int, factor: Double)?
        var count = 0
        var isInside = false
        for (index, point) in points.enumerated() {
            if index > 0, point.step < points[index - 1].step { past = [] }
            // The median costs a sort. It is not below the minimum, so most values are done with here.
            let isCandidate = past.count >= 8 && point.value > 0.25 * start && point.value >= 2 * (past.min() ?? 0)
            let median = isCandidate ? Statistics.median(past) : 0
            if isCandidate, median > 0, point.value >= 2 * median,
                point.value - median > max(8 * Statistics.deviation(past, around: median), 0.25 * (start - median))
            {
                if !isInside { count += 1 }
                isInside = true
                let factor = point.value / median
                if factor > worst?.factor ?? 0 { worst = (index, factor) }
            } else {
                isInside = false
            }
            past.append(point.value)
            if past.count > window { past.removeFirst() }
        }
        guard let worst else { return nil }
        let after = points[(worst.index + 1)...].prefix(10).map(\.value)
        let before = points[worst.index].value / worst.factor
        if after.count >= 5, Statistics.median(points[(worst.index + 1)...].suffix(10).map(\.value)) > 1.5 * before,
            Statistics.median(after) > 1.5 * before
        {
            return .jump(metric: series.name, step: points[worst.index].step, factor: worst.factor)
        }
        return .spike(metric: series.name, step: points[worst.index].step, factor: worst.factor, others: count - 1)
    }
}
