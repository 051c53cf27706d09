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
                svg.line("<path \(stroke(index)) stroke-width=\"2\" d=\"\(path)\"/>")
                let name = kind == .notANumber ? "NaN" : kind == .infinite ? "+∞" : "−∞"
                let place = Int(exactly: first.x).map { ReadableNumber.count($0) } ?? ReadableNumber.text(first.x)
                let steps = " @ \(place)"
                let x = layout.xPixel(first.x)
                let isRight = x > (layout.left + layout.right) / 2
                let y = isTop ? edge + 18 : edge - 12 - 17 * row
                if !isTop { row += 1 }
                let anchor = isRight ? "end" : "start"
                svg.line(label(name + steps, x + (isRight ? 4 : -4), y, anchor: anchor, kind: "f\(ink(index))"))
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
            let from = "M\(pixel(end.x + 4)) \(pixel(end.y))"
            // A line that ends early is told by its marker: a long tie across the others would be noise.
            if end.x > layout.right - 40, abs(end.label - end.y) > 3 || end.x + 8 < layout.right {
                let path = "\(from)L\(pixel(layout.right + 6)) \(pixel(end.label))"
                svg.line("<path \(stroke(end.series)) stroke-width=\"1\" opacity=\"0.5\" d=\"\(path)\"/>")
            }
            let shape = MarkerShape(series: ink(end.series)).path(layout.right + 11, end.label)
            svg.line("<path \(fill(end.series)) d=\"\(shape)\"/>")
            svg.line(endLabel(layout.labels[end.series], end.label + 4.5, kind: "f\(ink(end.series))"))
        }
    }

    func drawBest(_ best: PlotPoint, series: Int, into svg: inout SVGText) {
        guard CurveTrace.kind(of: best.y) == nil else { return }
        let x = layout.xPixel(best.x)
        let y = layout.yPixel(best.y)
        svg.line("<circle \(stroke(series)) stroke-width=\"2\" cx=\"\(pixel(x))\" cy=\"\(pixel(y))\" r=\"7\"/>")
        let words = "\(words.best) \(ReadableNumber.text(best.y))"
        let half = TextWidth.estimate(words, size: FigureStyle.textSize) / 2
        let center = min(max(x, layout.left + half), layout.right - half)
        let (above, below) = (y - 14, y + 24)
        let isHigh = y < (layout.top + layout.bottom) / 2
        var labelY = isHigh ? above : below
        // Of the two places the one that lines run through less, within the panel.
        let (upper, lower) = (crossings(center, half, above), crossings(center, half, below))
        if upper != lower { labelY = upper < lower ? above : below }
        if above < layout.top - 8 { labelY = below }
        if below > layout.bottom - 2 { labelY = above }
        svg.line(label(words, center, labelY, anchor: "middle", kind: "f\(ink(series))"))
    }

    /// How many pieces of lines run through the place of a label.
    private func crossings(_ center: Double, _ half: Double, _ baseline: Double) -> Int {
        let (left, right) = (center - half, center + half)
        let (top, bottom) = (baseline - 12, baseline + 3)
        var count = 0
        for stretch in layout.traces.flatMap(\.stretches) {
            for (from, to) in zip(stretch, stretch.dropFirst()) where !to.isAfterGap {
                let (x0, x1) = (layout.xPixel(from.x), layout.xPixel(to.x))
                guard x1 >= left, x0 <= right, x1 > x0 else { continue }
                let (y0, y1) = (layout.yPixel(from.y), layout.yPixel(to.y))
                let first = y0 + (y1 - y0) * (max(x0, left) - x0) / (x1 - x0)
                let last = y0 + (y1 - y0) * (min(x1, right) - x0) / (x1 - x0)
                if max(first, last) >= top, min(first, last) <= bottom { count += 1 }
            }
        }
        return count
    }

    private func endLabel(_ label: PanelLayout.Label, _ y: Double, kind: String) -> String {
        let value =
            label.value.isEmpty
            ? ""
            : "<tspan class=\"caption\" dx=\"\(pixel(PanelLayout.Label.gap))\">\(SVGText.escaped(label.value))</tspan>"
        return "<text class=\"halo name \(kind)\" x=\"\(pixel(layout.right + 20))\" y=\"\(pixel(y))\">"
            + "\(SVGText.escaped(label.name))\(value)</text>"
    }

    private func label(_ text: String, _ x: Double, _ y: Double, anchor: String, kind: String) -> String {
        "<text class=\"halo \(kind)\" x=\"\(pixel(x))\" y=\"\(pixel(y))\" text-anchor=\"\(anchor)\">"
            + "\(SVGText.escaped(text))</text>"
    }

    private func pixel(_ value: Double) -> String { SVGText.coordinate(value) }
}
