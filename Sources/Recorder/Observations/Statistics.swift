/// Robust figures of a few values.
enum Statistics {
    /// The middle value; NaN for none.
    static func median(_ values: some Collection<Double>) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The median distance from the median, scaled so that it is the standard deviation of a normal distribution.
    static func deviation(_ values: some Collection<Double>, around median: Double) -> Double {
        1.4826 * Self.median(values.map { abs($0 - median) })
    }

    /// Each value replaced by the median of itself and its neighbours.
    static func smoothed(_ values: [Double], radius: Int) -> [Double] {
        values.indices.map { index in
            median(values[max(0, index - radius)...min(values.count - 1, index + radius)])
        }
    }

    /// About `count` medians of equal stretches, so that long series cost no more than short ones.
    static func condensed(_ points: [(step: Int64, value: Double)], to count: Int) -> [(step: Int64, value: Double)] {
        guard points.count > count * 2 else { return points }
        let size = points.count / count
        return stride(from: 0, to: points.count - size + 1, by: size).map { start in
            let stretch = points[start..<start + size]
            return (stretch[start + size / 2].step, median(stretch.map(\.value)))
        }
    }
}
