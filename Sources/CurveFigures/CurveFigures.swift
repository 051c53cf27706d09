import ExperimentModel
import HostSystem

/// Draws the curves of a run. Equal input gives equal bytes.
package enum CurveFigures {
    /// One figure for each group of metrics; a group of more than eight is split. Series without points give nothing.
    ///
    /// - Parameters:
    ///   - series: points in the order of arrival.
    ///   - primary: the metric whose best value is marked; its figure comes first.
    package static func figures(
        of series: [MetricSeries], primary: PrimaryMetric? = nil, words: FigureLabels = .english
    ) -> [CurveFigure] {
        var groups = MetricGroup.groups(of: series)
        if let primary, let index = groups.firstIndex(where: { $0.series.contains { $0.name == primary.metric } }) {
            groups.insert(groups.remove(at: index), at: 0)
        }
        var names = FileNames()
        return groups.flatMap { group -> [CurveFigure] in
            let parts = stride(from: 0, to: group.series.count, by: FigureStyle.seriesLimit).map {
                Array(group.series[$0..<min(group.series.count, $0 + FigureStyle.seriesLimit)])
            }
            return parts.enumerated().map { index, part in
                let title = parts.count > 1 ? "\(group.name) (\(index + 1)/\(parts.count))" : group.name
                return figure(
                    title: part.count == 1 ? part[0].name : title, name: group.name, series: part, primary: primary,
                    words: words, names: &names)
            }
        }
    }

    private static func figure(
        title: String, name: String, series: [MetricSeries], primary: PrimaryMetric?, words: FigureLabels,
        names: inout FileNames
    ) -> CurveFigure {
        let axis = MetricAxis(series, words: words)
        let lines = series.map { one in
            let points = axis.points(of: one)
            let isPrimary = one.name == primary?.metric && one.points.count > 1
            return Panel.Line(name: one.name, points: points, best: isPrimary ? best(of: points, primary) : nil)
        }
        let description = series.map { one in
            let last = one.points.last.map { ReadableNumber.text($0.value) } ?? ""
            return "\(one.name): \(ReadableNumber.count(one.points.count)) → \(last)"
        }
        var panel = Panel(title: title, xTitle: axis.title, lines: lines, allowsLogarithm: true)
        panel.countsSteps = axis.countsSteps
        return CurveFigure(
            title: title, fileName: names.name(for: name, suffix: ".svg"),
            description: description.joined(separator: "; "), panels: [panel], words: words)
    }

    private static func best(of points: [PlotPoint], _ primary: PrimaryMetric?) -> PlotPoint? {
        let finite = points.filter { CurveTrace.kind(of: $0.y) == nil }
        return switch primary?.goal {
        case .max: finite.max { $0.y < $1.y }
        case .min: finite.min { $0.y < $1.y }
        case nil: nil
        }
    }
}

/// What the x axis of a figure counts.
struct MetricAxis {
    private enum Quantity { case step, time(TimeAxis) }

    private let quantity: Quantity
    let title: String

    /// Steps, or the time of arrival where the steps begin again and again: a counter that every epoch resets says
    /// nothing about progress.
    init(_ series: [MetricSeries], words: FigureLabels) {
        let resets = series.contains { one in
            var count = 0
            for index in one.points.indices.dropFirst() where one.points[index].step < one.points[index - 1].step {
                count += 1
            }
            return count > CurveSteps.restartLimit
        }
        if resets {
            let times = series.flatMap { $0.points.map(\.time.seconds) }.filter(\.isFinite)
            let axis = TimeAxis(from: times.min() ?? 0, to: times.max() ?? 0, words: words)
            quantity = .time(axis)
            title = axis.title
        } else {
            quantity = .step
            let isEpoch = series.allSatisfy { $0.points.allSatisfy { $0.epoch == Double($0.step) } }
            title = isEpoch ? words.epoch : words.step
        }
    }

    var countsSteps: Bool {
        if case .step = quantity { true } else { false }
    }

    func points(of series: MetricSeries) -> [PlotPoint] {
        switch quantity {
        case .step: return series.points.map { PlotPoint(x: Double($0.step), y: $0.value) }
        case .time(let axis):
            // A clock that jumps back must not look like a restart.
            var latest = 0.0
            return series.points.map { point in
                latest = max(latest, axis.position(of: point.time))
                return PlotPoint(x: latest, y: point.value)
            }
        }
    }
}

/// Time since a moment, in the unit that suits the length.
struct TimeAxis {
    private let start: Double
    private let unit: Double
    let title: String

    init(from start: Double, to end: Double, words: FigureLabels) {
        self.start = start
        switch end - start {
        case ..<180: (unit, title) = (1, words.seconds)
        case ..<10_800: (unit, title) = (60, words.minutes)
        default: (unit, title) = (3600, words.hours)
        }
    }

    func position(of time: Timestamp) -> Double {
        let position = (time.seconds - start) / unit
        return position.isFinite ? max(0, position) : 0
    }
}
