/// The words in a figure, in one language.
package struct FigureLabels: Sendable {
    /// BCP 47, so that Han characters are drawn in the forms of that language.
    package let language: String
    package let step: String
    package let epoch: String
    package let logScale: String
    package let restart: String
    package let best: String
    package let seconds: String
    package let minutes: String
    package let hours: String
    package let processor: String
    package let cores: String
    package let memory: String
    package let gpuUtilization: String
    package let gpuMemory: String
    package let mean: String
    package let lowest: String
    package let highest: String
    package let system: String

    package static let english = FigureLabels(
        language: "en", step: "step", epoch: "epoch", logScale: "log scale", restart: "restart", best: "best",
        seconds: "seconds", minutes: "minutes", hours: "hours", processor: "CPU", cores: "cores", memory: "Memory",
        gpuUtilization: "GPU utilization", gpuMemory: "GPU memory", mean: "mean", lowest: "lowest",
        highest: "highest", system: "Machine")

    package static let chinese = FigureLabels(
        language: "zh-Hans", step: "步数（step）", epoch: "轮次（epoch）", logScale: "对数刻度", restart: "重新开始",
        best: "最佳", seconds: "秒", minutes: "分钟", hours: "小时", processor: "CPU", cores: "核", memory: "内存",
        gpuUtilization: "GPU 利用率", gpuMemory: "GPU 显存", mean: "平均", lowest: "最低", highest: "最高",
        system: "机器")
}
