import ExperimentModel

/// GPUs that wait.
enum IdleFinder {
    /// Below this a GPU does nothing to speak of, in percent.
    static let idle = 10.0

    /// GPUs that were idle for more than 60 % of the time. Fewer than 30 samples say nothing.
    static func find(_ samples: [SystemSample], cores: Int) -> Observation? {
        var readings: [Int: (idle: Int, all: Int)] = [:]
        for gpu in samples.flatMap(\.gpus) {
            guard let utilization = gpu.utilization else { continue }
            readings[gpu.index, default: (0, 0)].all += 1
            if utilization < idle { readings[gpu.index, default: (0, 0)].idle += 1 }
        }
        let waiting = readings.filter { $0.value.all >= 30 && Double($0.value.idle) > 0.6 * Double($0.value.all) }
        guard !waiting.isEmpty else { return nil }
        let share = waiting.values.map { Double($0.idle) / Double($0.all) }.max() ?? 0
        let busy = Statistics.median(samples.map(\.cpu))
        let isDataBound = cores > 0 && busy >= 0.8 * Double(cores)
        return .idleGPUs(indices: waiting.keys.sorted(), share: share, isDataBound: isDataBound, cores: busy)
    }
}
