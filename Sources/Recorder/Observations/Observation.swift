import ExperimentModel

/// Something that the data says and a person may want to look at. Values are raw; wording is `ObservationPhrases`.
package enum Observation: Sendable, Hashable {
    case outOfMemory(reason: String?)
    /// - last: whether the series was still not finite at its end.
    case nonFinite(metric: String, step: Int64, value: String, count: Int, others: Int, last: Bool)
    /// - factor: over the running median. `others`: further spikes of this metric.
    case spike(metric: String, step: Int64, factor: Double, others: Int)
    /// The values went up and did not come back.
    case jump(metric: String, step: Int64, factor: Double)
    case overfitting(train: String, held: String, step: Int64, best: Double, last: Double)
    case plateau(metric: String, step: Int64, best: Double)
    /// - loss: how much worse the last value is than the best; nil where it is about the same.
    case best(metric: String, value: Double, step: Int64, worseBy: Double?)
    case restart(metric: String, from: Int64, to: Int64, others: Int)
    case idleGPUs(indices: [Int], share: Double, isDataBound: Bool, cores: Double)
    case noMetrics
    case tooFewPoints(most: Int)
}

/// Looks for everything worth a remark.
package enum ObservationFinder {
    /// In the order in which a person should read them; one kind of remark on one group at most.
    package static func observations(_ record: RunRecord) -> [Observation] {
        let primary = MetricChoice.primary(record.manifest.primary, among: record.series)
        var found: [Observation] = []
        if record.manifest.end?.status == .outOfMemory {
            found.append(.outOfMemory(reason: record.manifest.end?.reason))
        }
        if record.series.allSatisfy(\.points.isEmpty) { return found + [.noMetrics] + idle(record) }
        found += NonFiniteFinder.find(record.series)
        found += record.series.compactMap { SpikeFinder.find($0) }.prefix(3)
        let overfitting = OverfittingFinder.find(record.series)
        found += overfitting
        if overfitting.isEmpty, let primary, let series = record.series.first(where: { $0.name == primary.metric }) {
            found += [PlateauFinder.find(series, goal: primary.goal)].compactMap { $0 }
        }
        found += RestartFinder.find(record.series)
        found += idle(record)
        let most = record.series.map(\.points.count).max() ?? 0
        if most < 3 { return found + [.tooFewPoints(most: most)] }
        if let primary, let series = record.series.first(where: { $0.name == primary.metric }) {
            found += [BestFinder.find(series, goal: primary.goal)].compactMap { $0 }
        }
        return found
    }

    private static func idle(_ record: RunRecord) -> [Observation] {
        [IdleFinder.find(record.samples, cores: record.manifest.host.cores)].compactMap { $0 }
    }
}
