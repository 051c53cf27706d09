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
    var startsAtZero = false
    var allowsLogarithm = false
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
    let labels: [String]

    /// - Parameter labels: whether the lines are named at their ends.
    init(_ panel: Panel, top: Double) {
        let names = panel.lines.count > 1 ? panel.lines.map(\.name) : []
        let labels = names.map { TextWidth.shortened($0, to: 170, size: FigureStyle.textSize) }
        let gutter = panel.gutter ?? Self.gutter(for: labels)
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
        self.top = top + 44
        bottom = top + panel.height - (panel.xTitle.isEmpty ? 26 : 44)
        let y = AxisScale(
            lowest: lowest, highest: highest, ticks: max(2, Int((bottom - self.top) / 40)),
            allowsLogarithm: panel.allowsLogarithm)
        let widest = y.ticks.map { TextWidth.estimate($0.label, size: FigureStyle.textSize) }.max() ?? 0
        left = max(44, widest + 22)
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
    }

    static func gutter(for labels: [String]) -> Double {
        labels.map { TextWidth.estimate($0, size: FigureStyle.textSize) }.max() ?? 0
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
