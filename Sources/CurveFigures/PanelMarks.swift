import ExperimentModel

/// What is written on top of the lines: restarts, values that are not numbers, names, the best value.
extension PanelDrawing {
    func drawRestarts(into svg: inout SVGText) {
        var drawn: Set<String> = []
        var labelEnd = -Double.infinity
        for line in panel.lines {
            for index in CurveSteps.restarts(in: line.points) {
                let x = layout.xPixel(line.points[index].x)
                let place = SVGText.coordinate(x)
                guard drawn.insert(place).inserted else { continue }
                let ends = "M\(place) \(pixel(layout.top - 4))V\(pixel(layout.bottom))"
                svg.line("<path class=\"axis\" stroke=\"#aab2bb\" stroke-dasharray=\"2 3\" d=\"\(ends)\"/>")
                let width = TextWidth.estimate(words.restart, size: FigureStyle.textSize)
                if x - width / 2 < labelEnd { continue }
                labelEnd = x + width / 2 + 6
                let center = min(max(x, layout.left + width / 2), layout.right - width / 2)
                svg.line(label(words.restart, center, layout.top - 8, anchor: "middle", kind: "muted"))
            }
        }
    }

    /// NaN is a cross on the axis, infinities are arrows at the edge towards which they go. The first of each line has a
    /// label.
    func drawNonFinite(into svg: inout SVGText) {
        var row = 0.0
        for (index, trace) in layout.traces.enumerated() {
            for kind in CurveTrace.NonFinite.allCases {
                let marks = trace.marks.filter { $0.kind == kind }
                guard let first = marks.first else { continue }
                let isTop = kind == .infinite
                let edge = isTop ? layout.top + 2 : layout.bottom
                var end = -Double.infinity
                var path = ""
                // Closer together they would be a smear.
                for x in marks.map({ layout.xPixel($0.x) }) where abs(x - end) >= 7 {
                    path += shape(kind, x, edge)
                    end = x
                }
                let ink = "class=\"s\(index)\" stroke=\"\(FigureStyle.light[index])\" fill=\"none\""
                svg.line("<path \(ink) stroke-width=\"2\" d=\"\(path)\"/>")
                let name = kind == .notANumber ? "NaN" : kind == .infinite ? "+∞" : "−∞"
                let place = Int(exactly: first.x).map { ReadableNumber.count($0) } ?? ReadableNumber.text(first.x)
                let steps = " @ \(place)"
                let x = layout.xPixel(first.x)
                let isRight = x > (layout.left + layout.right) / 2
                let y = isTop ? edge + 18 : edge - 12 - 17 * row
                if !isTop { row += 1 }
                let anchor = isRight ? "end" : "start"
                svg.line(label(name + steps, x + (isRight ? 4 : -4), y, anchor: anchor, kind: "f\(index)"))
            }
        }
    }

    private func shape(_ kind: CurveTrace.NonFinite, _ x: Double, _ y: Double) -> String {
        let at = "M\(pixel(x)) \(pixel(y))"
        return switch kind {
        case .notANumber: "\(at)m-4-4l8 8m0-8l-8 8"
        case .infinite: "\(at)v8m-4-4l4-5l4 5"
        case .negativeInfinite: "\(at)v-8m-4 4l4 5l4-5"
        }
    }

    /// The names at the right, moved apart, each tied to the end of its line.
    func drawEndLabels(into svg: inout SVGText) {
        guard !layout.labels.isEmpty else { return }
        struct End {
            var series: Int
            var x: Double
            var y: Double
            var label: Double
        }
        var ends = layout.traces.enumerated().map { index, trace in
            let last = trace.stretches.last?.last
            let y = last.map { layout.yPixel($0.y) } ?? layout.bottom
            return End(series: index, x: last.map { layout.xPixel($0.x) } ?? layout.right, y: y, label: y)
        }
        ends.sort { ($0.y, $0.series) < ($1.y, $1.series) }
        let gap = 17.0
        for index in ends.indices.dropFirst() {
            ends[index].label = max(ends[index].label, ends[index - 1].label + gap)
        }
        // Pushed beyond the bottom: push back up from there.
        var limit = layout.bottom
        for index in ends.indices.reversed() {
            ends[index].label = min(ends[index].label, limit)
            limit = ends[index].label - gap
        }
        for end in ends {
            let ink = "class=\"s\(end.series)\" stroke=\"\(FigureStyle.light[end.series])\" fill=\"none\""
            let from = "M\(pixel(end.x + 4)) \(pixel(end.y))"
            // A line that ends early is told by its marker: a long tie across the others would be noise.
            if end.x > layout.right - 40, abs(end.label - end.y) > 3 || end.x + 8 < layout.right {
                let path = "\(from)L\(pixel(layout.right + 6)) \(pixel(end.label))"
                svg.line("<path \(ink) stroke-width=\"1\" opacity=\"0.5\" d=\"\(path)\"/>")
            }
            let shape = MarkerShape(series: end.series).path(layout.right + 11, end.label)
            svg.line("<path class=\"f\(end.series)\" fill=\"\(FigureStyle.light[end.series])\" d=\"\(shape)\"/>")
            let name = layout.labels[end.series]
            svg.line(label(name, layout.right + 20, end.label + 4.5, anchor: "start", kind: "f\(end.series)"))
        }
    }

    func drawBest(_ best: PlotPoint, series: Int, into svg: inout SVGText) {
        guard CurveTrace.kind(of: best.y) == nil else { return }
        let x = layout.xPixel(best.x)
        let y = layout.yPixel(best.y)
        let ink = "class=\"s\(series)\" stroke=\"\(FigureStyle.light[series])\" fill=\"none\" stroke-width=\"2\""
        svg.line("<circle \(ink) cx=\"\(pixel(x))\" cy=\"\(pixel(y))\" r=\"7\"/>")
        let words = "\(words.best) \(ReadableNumber.text(best.y))"
        let half = TextWidth.estimate(words, size: FigureStyle.textSize) / 2
        let center = min(max(x, layout.left + half), layout.right - half)
        let isHigh = y < (layout.top + layout.bottom) / 2
        // Above a point that is high there is more room than on the line.
        let above = y - 14 > layout.top - 6
        let labelY = isHigh && above || y + 26 > layout.bottom ? y - 14 : y + 24
        svg.line(label(words, center, labelY, anchor: "middle", kind: "f\(series)"))
    }

    private func label(_ text: String, _ x: Double, _ y: Double, anchor: String, kind: String) -> String {
        "<text class=\"halo \(kind)\" x=\"\(pixel(x))\" y=\"\(pixel(y))\" text-anchor=\"\(anchor)\">"
            + "\(SVGText.escaped(text))</text>"
    }

    private func pixel(_ value: Double) -> String { SVGText.coordinate(value) }
}
