import ExperimentModel
import HostSystem

/// Deterministic random numbers (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// A series with one point for each step from `start`.
func series(_ name: String, _ values: [Double], start: Int64 = 0) -> MetricSeries {
    MetricSeries(
        name: name,
        points: values.enumerated().map { index, value in
            let step = start + Int64(index)
            return .init(
                step: step, value: value, time: Timestamp(seconds: 1.7e9 + Double(index)), sources: [.stdout])
        })
}
