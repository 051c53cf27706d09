/// Colours and type of every figure.
///
/// The eight hues stay apart for people with any of the common colour-vision deficiencies (after Okabe and Ito, darker
/// on white and lighter on black), and each series has a marker of its own shape as well. The figure paints its own
/// ground: shown through `<img>`, it follows the system's setting, which need not be the setting of the page around it.
enum FigureStyle {
    static let width = 720.0
    static let seriesLimit = 8
    static let textSize = 13.0

    static let light = ["#0068b5", "#d1490c", "#00805a", "#a63d8f", "#8a6d00", "#0f8fc4", "#5f6670", "#7d3f16"]
    private static let dark = ["#62b0f5", "#ff9152", "#40c79b", "#e48bd0", "#e0c04a", "#8fdcff", "#b3bac2", "#d6a57d"]

    /// Programs that do not know custom properties fall back to the presentation attributes, which are the light theme.
    static let sheet: String = {
        let fonts = """
            system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","PingFang SC","Hiragino Sans GB","Microsoft YaHei",\
            "Noto Sans CJK SC","Source Han Sans SC","WenQuanYi Micro Hei",sans-serif
            """
        var lines = [
            ".bf{" + variables("#ffffff", "#1f2328", "#59636e", "#e6e9ed", "#aab2bb", light) + "}",
            "@media screen and (prefers-color-scheme:dark){.bf{"
                + variables("#0d1117", "#e6edf3", "#9198a1", "#252b33", "#4a525c", dark) + "}}",
            "@media print{.bf{" + variables("none", "#000000", "#333333", "#dddddd", "#777777", light) + "}}",
            ".bf text{font-family:\(fonts);font-size:13px;fill:var(--ink);font-variant-numeric:tabular-nums}",
            ".bf .title{font-size:15px;font-weight:600}",
            ".bf .name{font-weight:600}",
            ".bf .muted,.bf .muted text{fill:var(--muted)}",
            ".bf .caption{font-size:13px;font-weight:400;fill:var(--muted)}",
            ".bf .ground{fill:var(--ground)}",
            ".bf .halo{paint-order:stroke;stroke:var(--ground);stroke-width:4px;stroke-linejoin:round}",
            ".bf .grid{stroke:var(--grid)}",
            ".bf .axis{stroke:var(--axis)}",
        ]
        for index in light.indices {
            lines.append(".bf .s\(index){stroke:var(--s\(index))} .bf .f\(index){fill:var(--s\(index))}")
        }
        return lines.joined(separator: "\n")
    }()

    private static func variables(
        _ ground: String, _ ink: String, _ muted: String, _ grid: String, _ axis: String, _ series: [String]
    ) -> String {
        let named = "--ground:\(ground);--ink:\(ink);--muted:\(muted);--grid:\(grid);--axis:\(axis)"
        return series.enumerated().reduce(named) { "\($0);--s\($1.offset):\($1.element)" }
    }
}
