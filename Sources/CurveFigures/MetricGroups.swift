import ExperimentModel

/// Metrics that belong into one figure, because they are the same quantity on different data.
package struct MetricGroup: Sendable {
    /// The quantity in lower case, such as `loss`.
    package var name: String
    package var series: [MetricSeries]

    /// Words that name the data, not the quantity.
    private static let dataWords: Set<String> = [
        "train", "training", "val", "valid", "validation", "test", "eval", "evaluation",
    ]

    /// The quantity that a metric measures: `train_loss`, `val/loss`, `Loss/train` and `loss` are all `loss`.
    package static func quantity(of name: String) -> String {
        let separators: Set<Character> = ["/", "_", ".", "-", " "]
        var name = name.lowercased()[...]
        if let end = name.firstIndex(where: separators.contains), dataWords.contains(String(name[..<end])) {
            let rest = name[name.index(after: end)...]
            if !rest.isEmpty { name = rest }
        } else if let end = name.lastIndex(where: separators.contains),
            dataWords.contains(String(name[name.index(after: end)...])), end > name.startIndex
        {
            name = name[..<end]
        }
        return String(name)
    }

    /// Whether a metric is measured on data that the training does not see.
    package static func isHeldOut(_ name: String) -> Bool {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        return words.contains { dataWords.contains($0) && !$0.hasPrefix("train") }
    }

    /// The groups in the order in which their first series stand. Series without points are left out.
    package static func groups(of series: [MetricSeries]) -> [MetricGroup] {
        var groups: [MetricGroup] = []
        var positions: [String: Int] = [:]
        for one in series where !one.points.isEmpty {
            let name = quantity(of: one.name)
            if let position = positions[name] {
                groups[position].series.append(one)
            } else {
                positions[name] = groups.count
                groups.append(MetricGroup(name: name, series: [one]))
            }
        }
        return groups
    }
}
