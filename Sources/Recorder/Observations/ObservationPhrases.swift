import CurveFigures
import ExperimentModel
import MarkdownEntry

/// How an observation is said in one language.
package struct ObservationPhrases: Sendable {
    /// One sentence of Markdown without a line end.
    package let sentence: @Sendable (Observation) -> String

    package static let english = ObservationPhrases { observation in
        switch observation {
        case .outOfMemory(let reason):
            return "The run ran out of memory\(reason.map { ": \(MarkdownText.plain($0))" } ?? "")."
        case .nonFinite(let metric, let step, let value, let count, let others, let last):
            let end = last ? " and stayed so until the end" : count > 1 ? ", \(count) times in all" : ""
            let more = others > 0 ? " So did \(others) other metric\(others == 1 ? "" : "s")." : ""
            return "\(code(metric)) became \(value) at step \(step)\(end).\(more)"
        case .spike(let metric, let step, let factor, let others):
            let more = others > 0 ? "; \(others) smaller one\(others == 1 ? "" : "s") elsewhere" : ""
            return "\(code(metric)) spiked at step \(step), to \(times(factor)) × the running median\(more)."
        case .jump(let metric, let step, let factor):
            return
                "\(code(metric)) jumped at step \(step) to \(times(factor)) × the running median and did not come back."
        case .overfitting(let train, let held, let step, let best, let last):
            return "\(code(held)) rises from step \(step) on (\(number(best)) → \(number(last))) while \(code(train)) "
                + "falls: it may be overfitting."
        case .plateau(let metric, let step, let best):
            return "\(code(metric)) has not improved since about step \(step) (level \(number(best)))."
        case .best(let metric, let value, let step, let worse):
            let tail = worse.map { "; the last value is worse by \(number($0))" } ?? ""
            return "Best \(code(metric)): \(number(value)) at step \(step)\(tail)."
        case .restart(let metric, let from, let to, let others):
            let more = others > 0 ? " and \(others) more time\(others == 1 ? "" : "s")" : ""
            return "The training began again: \(code(metric)) goes from step \(from) back to \(to)\(more)."
        case .idleGPUs(let indices, let share, let isDataBound, let cores):
            let names = indices.map(String.init).joined(separator: ", ")
            let cause =
                isDataBound
                ? " The CPU was busy (\(number(cores)) cores): loading data may be what it waits for." : ""
            return "GPU \(names) was below 10 % utilization for \(ReadableNumber.percent(share)) of the time.\(cause)"
        case .noMetrics:
            return "No metric was found. Print one, such as `loss=0.31`, or log to TensorBoard."
        case .tooFewPoints(let most):
            return "Too few points (\(most)) to say more about the course of the training."
        }
    }

    package static let chinese = ObservationPhrases { observation in
        switch observation {
        case .outOfMemory(let reason):
            return "运行因内存不足而结束\(reason.map { "：\(MarkdownText.plain($0))" } ?? "")。"
        case .nonFinite(let metric, let step, let value, let count, let others, let last):
            let end = last ? "，直到结束都是如此" : count > 1 ? "，共 \(count) 次" : ""
            let more = others > 0 ? "另有 \(others) 个指标也是如此。" : ""
            return "\(code(metric)) 在第 \(step) 步变为 \(value)\(end)。\(more)"
        case .spike(let metric, let step, let factor, let others):
            let more = others > 0 ? "；别处还有 \(others) 个较小的尖峰" : ""
            return "\(code(metric)) 在第 \(step) 步出现尖峰，达到移动中位数的 \(times(factor)) 倍\(more)。"
        case .jump(let metric, let step, let factor):
            return "\(code(metric)) 在第 \(step) 步跳到移动中位数的 \(times(factor)) 倍，之后没有恢复。"
        case .overfitting(let train, let held, let step, let best, let last):
            return "从第 \(step) 步起，\(code(held)) 上升（\(number(best)) → \(number(last))），而 \(code(train)) 仍在下降：可能过拟合。"
        case .plateau(let metric, let step, let best):
            return "\(code(metric)) 大约从第 \(step) 步起不再改善（停在 \(number(best)) 左右）。"
        case .best(let metric, let value, let step, let worse):
            let tail = worse.map { "；最后的值比它差 \(number($0))" } ?? ""
            return "\(code(metric)) 的最佳值：\(number(value))，第 \(step) 步\(tail)。"
        case .restart(let metric, let from, let to, let others):
            let more = others > 0 ? "，此外还有 \(others) 次" : ""
            return "训练曾重新开始：\(code(metric)) 从第 \(from) 步回到第 \(to) 步\(more)。"
        case .idleGPUs(let indices, let share, let isDataBound, let cores):
            let names = indices.map(String.init).joined(separator: "、")
            let cause = isDataBound ? "CPU 很忙（\(number(cores)) 核）：可能在等待数据加载。" : ""
            return "GPU \(names) 有 \(ReadableNumber.percent(share)) 的时间利用率低于 10 %。\(cause)"
        case .noMetrics:
            return "没有找到指标。可以打印一行，例如 `loss=0.31`，或写入 TensorBoard。"
        case .tooFewPoints(let most):
            return "数据点太少（\(most) 个），无法进一步判断训练过程。"
        }
    }

    private static func code(_ name: String) -> String { MarkdownText.code(name) }
    private static func number(_ value: Double) -> String { ReadableNumber.text(value) }
    private static func times(_ factor: Double) -> String { ReadableNumber.text(factor, digits: 2) }
}
