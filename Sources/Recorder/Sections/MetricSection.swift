import CurveFigures
import ExperimentModel
import MarkdownEntry

/// The hyperparameters as a table.
enum ParameterSection {
    static func content(_ record: RunRecord, _ words: Phrases) -> String {
        let rows = record.manifest.parameters.map {
            [
                MarkdownText.code($0.name), MarkdownText.code(TrainingSetup.text($0.value)),
                MarkdownText.plain($0.source),
            ]
        }
        let body =
            rows.isEmpty ? words.noParameters : MarkdownText.table([words.name, words.value, words.source], rows)
        return "## \(words.hyperparameters)\n\n\(body)"
    }
}

/// Last and best values, the primary metric first.
enum MetricSection {
    /// Whether a series is a setting that the program prints with its metrics, such as a learning rate that never
    /// changes: its value says all, and a figure of it nothing.
    static func isSetting(_ series: MetricSeries, _ primary: PrimaryMetric?) -> Bool {
        guard let first = series.points.first, series.points.count > 1, series.name != primary?.metric,
            MetricChoice.goal(of: series.name) == nil
        else { return false }
        return series.points.allSatisfy { $0.value == first.value }
    }

    static func content(_ record: RunRecord, primary: PrimaryMetric?, _ words: Phrases) -> String {
        let filled = record.series.filter { !$0.points.isEmpty }
        guard !filled.isEmpty else { return "## \(words.metrics)\n\n\(words.noMetrics)" }
        let ordered = filled.filter { $0.name == primary?.metric } + filled.filter { $0.name != primary?.metric }
        let rows = ordered.map { one in
            let isPrimary = one.name == primary?.metric
            let goal = isPrimary ? primary?.goal : MetricChoice.goal(of: one.name)
            let best = goal.flatMap { one.best($0) }
            return [
                MarkdownText.code(one.name) + (isPrimary ? " \(words.primaryMark)" : ""),
                one.points.last.map { ReadableNumber.text($0.value) } ?? "",
                best.map { words.atStep(ReadableNumber.text($0.value), String($0.step)) }
                    ?? (isSetting(one, primary) ? words.constant : "–"),
                ReadableNumber.count(one.points.count),
                one.sources.map(\.rawValue).sorted().joined(separator: ", "),
            ]
        }
        let header = [words.name, words.last, words.best, words.points, words.source]
        let table = MarkdownText.table(header, rows, alignRight: [1, 3])
        return "## \(words.metrics)\n\n\(table)\n\n\(words.allPoints("metrics.csv"))"
    }
}

/// The figures.
enum CurveSection {
    /// More figures than this nobody reads.
    static let limit = 24

    static func content(_ figures: [CurveFigure], omitted: Int, _ words: Phrases) -> String {
        var parts = ["## \(words.curves)"]
        if figures.isEmpty { parts.append(words.noCurves) }
        parts += figures.map { "![\(MarkdownText.plain($0.title))](\(MarkdownText.link("figures/\($0.fileName)")))" }
        if omitted > 0 { parts.append(words.moreCurves(omitted)) }
        return parts.joined(separator: "\n\n")
    }
}

/// Texts and images that the program logged: the last of each name.
enum LoggedSection {
    private static let limit = 12
    private static let textLimit = 4000

    static func content(_ record: RunRecord, _ words: Phrases) -> String {
        var parts: [String] = []
        for text in lastOfEach(record.texts, \.name).prefix(limit) {
            let body = text.text.count > textLimit ? "\(text.text.prefix(textLimit)) …" : text.text
            parts.append(
                "\(MarkdownText.code(text.name)), \(words.step(text.step)):\n\n\(MarkdownText.fenced(body, language: "text"))"
            )
        }
        let files = Set(record.attachments.map(\.path))
        for image in lastOfEach(record.images.filter { files.contains($0.path) }, \.name).prefix(limit) {
            let title = MarkdownText.plain("\(image.name), \(words.step(image.step))")
            parts.append("![\(title)](\(MarkdownText.link(image.path)))\n\n\(title)")
        }
        return parts.isEmpty ? "" : (["## \(words.logged)"] + parts).joined(separator: "\n\n")
    }

    private static func lastOfEach<Item>(_ items: [Item], _ name: KeyPath<Item, String>) -> [Item] {
        var places: [String: Int] = [:]
        var result: [Item] = []
        for item in items {
            if let place = places[item[keyPath: name]] {
                result[place] = item
            } else {
                places[item[keyPath: name]] = result.count
                result.append(item)
            }
        }
        return result
    }
}

/// What the data suggests, as list items at the top of the person's section.
enum ProposalSection {
    static func content(_ record: RunRecord, _ words: Phrases) -> String {
        ObservationFinder.observations(record).map { "- \(words.observations.sentence($0))" }.joined(separator: "\n")
    }
}
