import ExperimentModel
import GPUDevices
import Glibc
import HostSystem

/// Readings of what the run's processes and the GPUs do, one at a time, as the supervisor asks for them.
package struct SystemSampler {
    private var root: pid_t
    private var countsRoot = false
    private let gpus: NVML?
    private var ticks: [pid_t: UInt64] = [:]
    private var last: Double

    /// - Parameter root: the supervisor, whose descendants are the run.
    package init(root: pid_t, gpus: NVML?) {
        self.root = root
        self.gpus = gpus
        last = monotonicSeconds()
    }

    /// Reads another process with its descendants from now on: the first one of a container.
    mutating func follow(_ process: pid_t) {
        (root, countsRoot) = (process, true)
    }

    package mutating func sample() -> SystemSample {
        let tree = countsRoot ? ProcessTree.from(root) : ProcessTree.below(root)
        let now = monotonicSeconds()
        var used: UInt64 = 0
        var memory: UInt64 = 0
        var current: [pid_t: UInt64] = [:]
        for member in tree.members {
            current[member.id] = member.ticks
            // A process that is new since the last reading counts from zero: it started in between.
            let before = ticks[member.id] ?? 0
            if member.ticks > before { used &+= member.ticks - before }
            memory &+= member.memory
        }
        let seconds = max(now - last, 1e-3)
        ticks = current
        last = now
        return SystemSample(
            time: .now, cpu: Double(used) / Self.ticksPerSecond / seconds, memory: memory,
            processes: tree.members.count, gpus: gpus?.sample() ?? [])
    }

    private static let ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
}
