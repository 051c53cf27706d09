/// Draws a panel as SVG.
struct PanelDrawing {
    let panel: Panel
    let layout: PanelLayout
    let words: FigureLabels
    /// Where the panel begins, in pixels from the top.
    let top: Double

    init(_ panel: Panel, top: Double, words: FigureLabels) {
        self.panel = panel
        self.top = top
        self.words = words
        layout = PanelLayout(panel, top: top)
    }

    func draw(into svg: inout SVGText) {
        drawAxes(into: &svg)
        drawRestarts(into: &svg)
        if panel.startsAtZero && panel.lines.count == 1 { fillArea(into: &svg) }
        for index in panel.lines.indices where layout.quiet[index] { drawLine(index, into: &svg) }
        for index in panel.lines.indices where !layout.quiet[index] { drawLine(index, into: &svg) }
        for index in panel.lines.indices where !layout.quiet[index] { drawMarkers(index, into: &svg) }
        drawNonFinite(into: &svg)
        drawEndLabels(into: &svg)
        for (index, line) in panel.lines.enumerated() {
            if let best = line.best { drawBest(best, series: index, into: &svg) }
        }
    }

    private func drawAxes(into svg: inout SVGText) {
        let title = TextWidth.shortened(panel.title, to: FigureStyle.width - 60, size: 15)
        let scale = layout.y.isLogarithmic ? words.logScale : ""
        let caption = [panel.unit, scale].filter { !$0.isEmpty }.joined(separator: ", ")
        svg.line(
            "<text class=\"title\" x=\"20\" y=\"\(text(top + 27))\">\(SVGText.escaped(title))"
                + (caption.isEmpty ? "" : "<tspan class=\"caption\" dx=\"8\">\(SVGText.escaped(caption))</tspan>")
                + "</text>")
        var grid = ""
        for tick in layout.y.ticks {
            let y = text(layout.yPixel(tick.value).rounded() + 0.5)
            grid += "M\(text(layout.left)) \(y)H\(text(layout.right))"
        }
        svg.line("<path class=\"grid\" stroke=\"#e6e9ed\" fill=\"none\" d=\"\(grid)\"/>")
        let base = layout.bottom.rounded() + 0.5
        var axis = "M\(text(layout.left)) \(text(base))H\(text(layout.right))"
        for tick in layout.x.ticks { axis += "M\(text(layout.xPixel(tick.value))) \(text(base))v5" }
        svg.line("<path class=\"axis\" stroke=\"#aab2bb\" fill=\"none\" d=\"\(axis)\"/>")
        svg.line("<g class=\"muted\" fill=\"#59636e\" text-anchor=\"end\">")
        for tick in layout.y.ticks {
            let y = text(layout.yPixel(tick.value) + 4.5)
            svg.line("<text x=\"\(text(layout.left - 8))\" y=\"\(y)\">\(tick.label)</text>")
        }
        svg.line("</g>")
        svg.line("<g class=\"muted\" fill=\"#59636e\" text-anchor=\"middle\">")
        for tick in layout.x.ticks {
            svg.line(
                "<text x=\"\(text(layout.xPixel(tick.value)))\" y=\"\(text(layout.bottom + 20))\">\(tick.label)</text>")
        }
        if !panel.xTitle.isEmpty {
            let middle = text((layout.left + layout.right) / 2)
            svg.line(
                "<text x=\"\(middle)\" y=\"\(text(layout.bottom + 39))\">\(SVGText.escaped(panel.xTitle))</text>")
        }
        svg.line("</g>")
    }

    private func fillArea(into svg: inout SVGText) {
        let zero = text(layout.yPixel(0))
        for stretch in layout.traces[0].stretches {
            guard let first = stretch.first, let last = stretch.last, first.x < last.x else { continue }
            let line = stretch.map { "\(text(layout.xPixel($0.x))) \(text(layout.yPixel($0.y)))" }
            let path =
                "M\(text(layout.xPixel(first.x))) \(zero)L\(line.joined(separator: " "))"
                + "L\(text(layout.xPixel(last.x))) \(zero)Z"
            svg.line("<path \(fill(0)) opacity=\"0.12\" d=\"\(path)\"/>")
        }
    }

    private func drawLine(_ index: Int, into svg: inout SVGText) {
        let trace = layout.traces[index]
        for (number, stretch) in trace.stretches.enumerated() {
            var path = ""
            var dots = ""
            for (position, point) in stretch.enumerated() {
                let place = "\(text(layout.xPixel(point.x))) \(text(layout.yPixel(point.y)))"
                let begins = position == 0 || point.isAfterGap
                path +=
                    begins ? "M\(place)" : position == 1 || stretch[position - 1].isAfterGap ? "L\(place)" : " \(place)"
                let ends = position == stretch.count - 1 || stretch[position + 1].isAfterGap
                // A line of no length with round ends is a dot.
                if begins && ends { dots += "M\(place)h0" }
            }
            // What a restart computed again stands back.
            let opacity =
                number < trace.stretches.count - 1 ? " opacity=\"0.45\"" : layout.quiet[index] ? " opacity=\"0.6\"" : ""
            let ink = stroke(index)
            let round = "stroke-linecap=\"round\" stroke-linejoin=\"round\""
            if path.contains("L") {
                svg.line(
                    "<path \(ink) stroke-width=\"\(layout.quiet[index] ? "1.2" : width(stretch))\" \(round)\(opacity) d=\"\(path)\"/>"
                )
            }
            if !dots.isEmpty { svg.line("<path \(ink) stroke-width=\"7\" \(round)\(opacity) d=\"\(dots)\"/>") }
        }
    }

    /// Dense curves are drawn finer.
    private func width(_ stretch: [CurveTrace.Point]) -> String { stretch.count > 300 ? "1.4" : "2" }

    private func drawMarkers(_ index: Int, into svg: inout SVGText) {
        let points = layout.traces[index].stretches.flatMap { $0 }
        let chosen: [CurveTrace.Point]
        if !panel.isOfPoints { return }
        if points.count <= 24 {
            // The name at the right has the marker of the last point beside it.
            chosen = layout.labels.isEmpty ? points : points.dropLast()
        } else if panel.lines.count > 1 {
            // A few along the way, shifted so that the markers of neighbouring lines do not meet.
            let distance = Double(points.count) / 5
            let shift = distance * (Double(index) + 0.5) / Double(panel.lines.count)
            chosen = (0..<5).map { points[min(points.count - 2, Int(Double($0) * distance + shift))] }
        } else {
            chosen = []
        }
        if chosen.isEmpty { return }
        let shape = MarkerShape(series: ink(index))
        let path = chosen.map { shape.path(layout.xPixel($0.x), layout.yPixel($0.y)) }.joined()
        svg.line("<path \(fill(index)) d=\"\(path)\"/>")
    }

    /// The colour of a line: its class, and the presentation attributes for programs without style sheets.
    func stroke(_ index: Int) -> String {
        "class=\"s\(ink(index))\" stroke=\"\(FigureStyle.light[ink(index)])\" fill=\"none\""
    }

    func fill(_ index: Int) -> String { "class=\"f\(ink(index))\" fill=\"\(FigureStyle.light[ink(index)])\"" }

    func ink(_ index: Int) -> Int { layout.inks[index] }

    private func text(_ value: Double) -> String { SVGText.coordinate(value) }
}
