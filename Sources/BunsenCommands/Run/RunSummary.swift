import ExperimentModel
import RunCapture
import RunStore

/// The few numbers of a journal that tables show.
enum RunSummary {
    /// Takes over into the manifest what only the journal knows: the summary, and hyperparameters that the program logged.
    static func complete(_ manifest: inout RunManifest, from journal: JournalReading, redaction: Redaction) {
        manifest.summary = make(journal.metrics, primary: manifest.primary)
        for parameter in journal.content.parameters
        where !manifest.parameters.contains(where: { $0.name == parameter.name }) {
            manifest.parameters.append(redaction.redacted(parameter))
        }
    }

    private static func make(_ metrics: MergedMetrics, primary: PrimaryMetric?) -> RunManifest.MetricSummary {
        var last: [String: Double] = [:]
        var points = 0
        for series in metrics.series {
            points += series.points.count
            last[series.name] = series.points.last?.value
        }
        var summary = RunManifest.MetricSummary(points: points, last: last)
        if let primary, let series = metrics.series(named: primary.metric), let best = best(series, primary.goal) {
            (summary.primaryValue, summary.primaryStep) = (best.value, best.step)
        }
        return summary
    }

    /// The first point with the best value; NaN is never the best.
    private static func best(_ series: MetricSeries, _ goal: PrimaryMetric.Goal) -> MetricSeries.Point? {
        var best: MetricSeries.Point?
        for point in series.points where !point.value.isNaN {
            guard let known = best else {
                best = point
                continue
            }
            if goal == .max ? point.value > known.value : point.value < known.value { best = point }
        }
        return best
    }
}
