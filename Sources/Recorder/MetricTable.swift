import CurveFigures
import ExperimentModel
import HostSystem

/// Points as a table for other programs.
package enum MetricTable {
    /// `metrics.csv`: one line for each point, by RFC 4180 (comma, double quotes, CRLF).
    package static func csv(_ series: [MetricSeries]) -> [UInt8] {
        var bytes = Array("name,step,epoch,value,time,sources\r\n".utf8)
        var times = TimeColumn()
        var sourceTexts: [Set<MetricSource>: [UInt8]] = [:]
        for one in series {
            let name = Array(field(one.name).utf8)
            for point in one.points {
                bytes += name
                bytes.append(comma)
                bytes += String(point.step).utf8
                bytes.append(comma)
                if let epoch = point.epoch { bytes += number(epoch).utf8 }
                bytes.append(comma)
                bytes += number(point.value).utf8
                bytes.append(comma)
                times.append(point.time, to: &bytes)
                bytes.append(comma)
                if let text = sourceTexts[point.sources] {
                    bytes += text
                } else {
                    let text = Array(point.sources.map(\.rawValue).sorted().joined(separator: " ").utf8)
                    sourceTexts[point.sources] = text
                    bytes += text
                }
                bytes += lineEnd
            }
        }
        return bytes
    }

    private static let comma = UInt8(ascii: ",")
    private static let lineEnd = Array("\r\n".utf8)

    private static func field(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return text }
        return "\"\(text.replacing("\"", with: "\"\""))\""
    }

    private static func number(_ value: Double) -> String {
        // `3e-05` is as readable for programs as `3e-5` is for people.
        value.isFinite ? value.description : value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    }
}

/// Writes times that mostly follow each other within one second: the calendar is asked once for each second.
private struct TimeColumn {
    private var second: Double?
    private var prefix: [UInt8] = []

    mutating func append(_ time: Timestamp, to bytes: inout [UInt8]) {
        let milliseconds = (time.seconds * 1000).rounded(.down)
        let whole = (milliseconds / 1000).rounded(.down)
        guard abs(whole) < 1e11 else {
            bytes += time.description.utf8
            return
        }
        if second != whole {
            second = whole
            prefix = Array(time.description.utf8.dropLast(4))
        }
        let rest = Int(milliseconds - whole * 1000)
        bytes += prefix
        for digit in [rest / 100, rest / 10 % 10, rest % 10] { bytes.append(UInt8(ascii: "0") + UInt8(digit)) }
        bytes.append(UInt8(ascii: "Z"))
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
