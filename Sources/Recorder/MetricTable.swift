import CurveFigures
import ExperimentModel

/// Points as a table for other programs.
package enum MetricTable {
    /// `metrics.csv`: one line for each point, by RFC 4180 (comma, double quotes, CRLF).
    package static func csv(_ series: [MetricSeries]) -> [UInt8] {
        var bytes = Array("name,step,epoch,value,time,sources\r\n".utf8)
        for one in series {
            let name = field(one.name)
            for point in one.points {
                let sources = point.sources.map(\.rawValue).sorted().joined(separator: " ")
                let epoch = point.epoch.map(number) ?? ""
                bytes += "\(name),\(point.step),\(epoch),\(number(point.value)),\(point.time),\(sources)\r\n".utf8
            }
        }
        return bytes
    }

    private static func field(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return text }
        return "\"\(text.replacing("\"", with: "\"\""))\""
    }

    private static func number(_ value: Double) -> String {
        value.isFinite ? ReadableNumber.exact(value) : value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    }
}

/// Which metric stands for a run, and which way is better.
package enum MetricChoice {
    private static let more = [
        "acc", "accuracy", "f1", "auc", "auroc", "bleu", "rouge", "map", "miou", "iou", "dice", "psnr", "ssim", "r2",
        "reward", "precision", "recall", "score", "top1", "top5", "acc1", "acc5",
    ]
    private static let less = [
        "loss", "error", "err", "wer", "cer", "perplexity", "ppl", "rmse", "mse", "mae", "fid", "nll",
    ]

    /// The better direction, where the name says it.
    package static func goal(of name: String) -> PrimaryMetric.Goal? {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        if words.contains(where: less.contains) { return .min }
        return words.contains(where: more.contains) ? .max : nil
    }

    /// The metric that the recipe names, else the most telling of those that are there: a score on held-out data, a loss
    /// on held-out data, any score, any loss.
    package static func primary(_ chosen: PrimaryMetric?, among series: [MetricSeries]) -> PrimaryMetric? {
        if let chosen { return chosen }
        let ranked = series.compactMap { one -> (rank: Int, metric: PrimaryMetric)? in
            guard !one.points.isEmpty, let goal = goal(of: one.name) else { return nil }
            let rank = (MetricGroup.isHeldOut(one.name) ? 0 : 2) + (goal == .max ? 0 : 1)
            return (rank, PrimaryMetric(metric: one.name, goal: goal))
        }
        return ranked.min { $0.rank < $1.rank }?.metric
    }
}

extension MetricSeries {
    /// The best finite value; the earliest of equal ones.
    func best(_ goal: PrimaryMetric.Goal) -> Point? {
        points.filter(\.value.isFinite).reduce(nil) { best, point in
            guard let best else { return point }
            return (goal == .max ? point.value > best.value : point.value < best.value) ? point : best
        }
    }
}
