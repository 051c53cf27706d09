import ExperimentModel

/// One pair of axes with its lines, before it has a size.
struct Panel {
    struct Line {
        var name: String
        var points: [PlotPoint]
        /// Which of the points is the best value, for the metric that stands for the run.
        var best: PlotPoint?
    }

    var title: String
    /// What the y axis counts, such as `GiB`; empty where the title says it.
    var unit = ""
    /// Empty where another panel below shows the same axis.
    var xTitle: String
    var lines: [Line]
    var height = 300.0
    var range: ClosedRange<Double>?
    /// Whether x counts steps: only whole numbers are named.
    var countsSteps = true
    /// Room for names at the right that stacked panels share, in pixels.
    var gutter: Double?
    /// A quantity of which there can be none: the axis begins there, and a single line is filled down to it.
    var startsAtZero = false
    var allowsLogarithm = false
    /// Whether points are marked, and the names at the right say the last values.
    var isOfPoints = true
}

/// Where the parts of a panel lie, in pixels.
struct PanelLayout {
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double
    let x: AxisScale
    let y: AxisScale
    let traces: [CurveTrace]
    /// Names shortened to the gutter on the right; empty for a single line, which the title names.
    let labels: [Label]
    /// Colour and marker of each line.
    let inks: [Int]
    /// Lines that go up and down all the way, such as the loss of single batches: they stand behind the others.
    let quiet: [Bool]

    /// What stands at the end of a line.
    struct Label {
        var name: String
        /// The last value; empty where it is not said.
        var value: String

        var width: Double {
            let gap = value.isEmpty ? 0 : Self.gap
            return TextWidth.estimate(name, size: FigureStyle.textSize, bold: true) + gap
                + TextWidth.estimate(value, size: FigureStyle.textSize)
        }

        static let gap = 7.0
    }

    init(_ panel: Panel, top: Double) {
        let labels = panel.lines.count > 1 ? panel.lines.map { Self.label($0, withValue: panel.isOfPoints) } : []
        let gutter = panel.gutter ?? labels.map(\.width).max() ?? 0
        var first = Double.infinity
        var last = -Double.infinity
        for line in panel.lines {
            for point in line.points {
                first = min(first, point.x)
                last = max(last, point.x)
            }
        }
        if first > last { (first, last) = (0, 0) }
        // A curve that begins close to zero is shown from zero.
        let range = panel.range ?? (first > 0 && first < last / 8 ? 0 : first)...last
        var lowest = Double.infinity
        var highest = -Double.infinity
        for line in panel.lines {
            for point in line.points where CurveTrace.kind(of: point.y) == nil {
                lowest = min(lowest, point.y)
                highest = max(highest, point.y)
            }
        }
        if lowest > highest { (lowest, highest) = (0, 1) }
        if panel.startsAtZero { lowest = min(0, lowest) }
        let isCrowded = panel.allowsLogarithm && Self.isCrowded(panel.lines, lowest + (highest - lowest) * 0.12)
        self.top = top + 44
        bottom = top + panel.height - (panel.xTitle.isEmpty ? 26 : 44)
        let y = AxisScale(
            lowest: lowest, highest: highest, ticks: max(3, Int((bottom - self.top) / 40)),
            allowsLogarithm: panel.allowsLogarithm, isCrowded: isCrowded)
        let widest = y.ticks.map { TextWidth.estimate($0.label, size: FigureStyle.textSize) }.max() ?? 0
        // Wide enough for most numbers, so that stacked panels begin at one place.
        left = max(52, widest + 22)
        right = FigureStyle.width - (gutter > 0 ? gutter + 34 : 24)
        self.y = y
        self.labels = labels
        x = AxisScale(
            lowest: range.lowerBound, highest: range.upperBound, ticks: Int((right - left) / 90), isTight: true,
            isWhole: panel.countsSteps)
        traces = panel.lines.map { line in
            let stretches = 1 + CurveSteps.restarts(in: line.points).count
            return CurveTrace(line.points, range: range, columns: max(4, 480 / stretches))
        }
        let unrest = traces.map { Self.unrest($0, on: y) }
        let isMixed = panel.isOfPoints && unrest.contains { $0 <= Self.restless }
        quiet = unrest.map { isMixed && $0 > Self.restless }
        inks = LineInk.choose(panel.lines.map(\.name), quiet: quiet)
    }

    private static func label(_ line: Panel.Line, withValue: Bool) -> Label {
        let name = TextWidth.shortened(line.name, to: 150, size: FigureStyle.textSize)
        guard withValue, let last = line.points.last else { return Label(name: name, value: "") }
        return Label(name: name, value: ReadableNumber.text(last.y, digits: 3))
    }

    /// Whether more than half of all points are below `limit`.
    private static func isCrowded(_ lines: [Panel.Line], _ limit: Double) -> Bool {
        var below = 0
        var count = 0
        for line in lines {
            for point in line.points where CurveTrace.kind(of: point.y) == nil {
                count += 1
                if point.y < limit { below += 1 }
            }
        }
        return below * 2 > count
    }

    /// From here on a line is told apart by where it is, not by where it goes.
    private static let restless = 5.0

    /// How many times a line goes through the range of its own values. A line of few points has its reasons.
    private static func unrest(_ trace: CurveTrace, on axis: AxisScale) -> Double {
        let places = trace.stretches.last?.map { axis.position($0.y) } ?? []
        guard places.count > 40, let lowest = places.min(), let highest = places.max(), highest > lowest else {
            return 0
        }
        return zip(places, places.dropFirst()).reduce(0) { $0 + abs($1.1 - $1.0) } / (highest - lowest)
    }

    func xPixel(_ value: Double) -> Double { left + x.position(value) * (right - left) }

    func yPixel(_ value: Double) -> Double { bottom - min(1, max(0, y.position(value))) * (bottom - top) }
}

/// Where a series begins again.
package enum CurveSteps {
    /// More restarts than this are a step counter that begins again in every epoch.
    package static let restartLimit = 8

    /// The places at which the step goes back.
    static func restarts(in points: [PlotPoint]) -> [Int] {
        points.indices.dropFirst().filter { points[$0].x < points[$0 - 1].x }
    }
}
