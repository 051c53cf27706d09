/// A figure: an SVG document that needs nothing beside it.
package struct CurveFigure: Sendable, Hashable {
    /// What is shown, such as `loss`; text for people.
    package let title: String
    /// Safe in paths and links, unique among the figures that were made together.
    package let fileName: String
    /// One sentence for people who do not see the picture.
    package let description: String
    package let svg: String

    /// Stacks panels into one document.
    init(title: String, fileName: String, description: String, panels: [Panel], words: FigureLabels) {
        self.title = title
        self.fileName = fileName
        self.description = description
        let height = SVGText.coordinate(panels.reduce(8) { $0 + $1.height })
        let width = SVGText.coordinate(FigureStyle.width)
        var svg = SVGText()
        svg.line(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bf\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" "
                + "height=\"\(height)\" role=\"img\" xml:lang=\"\(words.language)\" font-family=\"sans-serif\" "
                + "font-size=\"13\" fill=\"#1f2328\">")
        svg.line("<title>\(SVGText.escaped(title))</title>")
        svg.line("<desc>\(SVGText.escaped(description))</desc>")
        svg.line("<style>\n\(FigureStyle.sheet)\n</style>")
        svg.line("<rect class=\"ground\" width=\"\(width)\" height=\"\(height)\" rx=\"6\" fill=\"#ffffff\"/>")
        var top = 0.0
        for panel in panels {
            PanelDrawing(panel, top: top, words: words).draw(into: &svg)
            top += panel.height
        }
        svg.line("</svg>")
        self.svg = svg.text
    }
}
