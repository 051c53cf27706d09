import ExperimentModel

extension CurveFigures {
    /// What the machine did while the run lasted: cores, memory and, where there are any, GPUs, over time. Nil for fewer
    /// than two samples.
    package static func machine(_ samples: [SystemSample], words: FigureLabels = .english) -> CurveFigure? {
        let times = samples.map(\.time.seconds).filter(\.isFinite)
        guard samples.count > 1, let first = times.min(), let last = times.max() else { return nil }
        let axis = TimeAxis(from: first, to: last, words: words)
        var latest = 0.0
        let xs = samples.map { sample in
            latest = max(latest, axis.position(of: sample.time))
            return latest
        }
        let gibibyte = Double(1 << 30)
        let cpu = zip(xs, samples).map { PlotPoint(x: $0, y: $1.cpu) }
        let isSmall = (samples.map(\.memory).max() ?? 0) < 1 << 30
        let memory = zip(xs, samples).map {
            PlotPoint(x: $0, y: Double($1.memory) / (isSmall ? gibibyte / 1024 : gibibyte))
        }
        var panels = [
            panel(words.processor, words.cores, [Panel.Line(name: words.processor, points: cpu)]),
            panel(words.memory, isSmall ? "MiB" : "GiB", [Panel.Line(name: words.memory, points: memory)]),
        ]
        let utilization = gpuLines(samples, xs, words) { $0.utilization }
        if !utilization.isEmpty { panels.append(panel(words.gpuUtilization, "%", utilization)) }
        let used = gpuLines(samples, xs, words) { Double($0.memoryUsed) / gibibyte }
        if !used.isEmpty { panels.append(panel(words.gpuMemory, "GiB", used)) }
        let names = panels.filter { $0.lines.count > 1 }.flatMap { $0.lines.map(\.name) }
        let gutter = names.map { PanelLayout.Label(name: $0, value: "").width }.max() ?? 0
        for index in panels.indices {
            panels[index].range = 0...(xs.last ?? 0)
            panels[index].countsSteps = false
            panels[index].gutter = gutter
            panels[index].isOfPoints = false
        }
        panels[panels.count - 1].xTitle = axis.title
        panels[panels.count - 1].height += 18
        let titles = panels.map(\.title).joined(separator: ", ")
        return CurveFigure(
            title: words.system, fileName: "machine.svg", description: titles, panels: panels, words: words)
    }

    private static func panel(_ title: String, _ unit: String, _ lines: [Panel.Line]) -> Panel {
        Panel(title: title, unit: unit, xTitle: "", lines: lines, height: 170, startsAtZero: true)
    }

    /// A line for each GPU; for more than eight their mean, lowest and highest.
    private static func gpuLines(
        _ samples: [SystemSample], _ xs: [Double], _ words: FigureLabels, _ value: (SystemSample.GPU) -> Double?
    ) -> [Panel.Line] {
        var lines: [Int: [PlotPoint]] = [:]
        var range: [(x: Double, values: [Double])] = []
        for (x, sample) in zip(xs, samples) {
            var values: [Double] = []
            for gpu in sample.gpus {
                guard let value = value(gpu) else { continue }
                lines[gpu.index, default: []].append(PlotPoint(x: x, y: value))
                values.append(value)
            }
            if !values.isEmpty { range.append((x, values)) }
        }
        if lines.count <= FigureStyle.seriesLimit {
            return lines.sorted { $0.key < $1.key }.map { Panel.Line(name: "GPU \($0.key)", points: $0.value) }
        }
        let summaries: [(String, ([Double]) -> Double)] = [
            (words.highest, { $0.max() ?? .nan }), (words.mean, { $0.reduce(0, +) / Double($0.count) }),
            (words.lowest, { $0.min() ?? .nan }),
        ]
        return summaries.map { name, summary in
            Panel.Line(name: name, points: range.map { PlotPoint(x: $0.x, y: summary($0.values)) })
        }
    }
}
