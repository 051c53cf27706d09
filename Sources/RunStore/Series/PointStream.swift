import ExperimentModel

/// The points of one metric that came on one way, or that were joined from several.
struct PointStream {
    struct Point {
        var step: Int64
        var epoch: Double?
        var value: Double
        var time: Double
        var sources: SourceSet
    }

    var name: String
    var points: [Point]
    var sources: SourceSet
    /// Position of the first point in the journal.
    var order: Int
    /// The program named steps; otherwise the points are counted from 0.
    var hasSteps: Bool
    lazy var precision = PrintedPrecision(points, isPrinted: sources.isPrinted)

    /// Numbers the points without a step and drops those that arrived twice.
    init(name: String, source: MetricSource, order: Int, arrived: [JournalPoint]) {
        self.name = name
        self.order = order
        sources = SourceSet(source)
        hasSteps = arrived.contains { $0.step != nil }
        points = []
        points.reserveCapacity(arrived.count)
        var last: Int64 = 0
        var isRising = true
        for (index, point) in arrived.enumerated() {
            // In a series that names steps, a value without one belongs to the step it follows.
            let step = point.step ?? (hasSteps ? last : Int64(index))
            if index > 0, step <= last { isRising = false }
            last = step
            points.append(
                Point(step: step, epoch: point.epoch, value: point.value, time: point.time, sources: sources))
        }
        if !isRising { dropRepeated() }
    }

    private struct StepAndValue: Hashable {
        var step: Int64
        var value: UInt64
    }

    private mutating func dropRepeated() {
        var met = Set<StepAndValue>(minimumCapacity: points.count)
        points.removeAll { point in
            let value = point.value.isNaN ? Double.nan.bitPattern : point.value.bitPattern
            return !met.insert(StepAndValue(step: point.step, value: value)).inserted
        }
    }

    /// The stretches in which steps do not go back. A new one marks a restart of the training.
    var stretches: [Range<Int>] {
        var stretches: [Range<Int>] = []
        var start = 0
        for index in points.indices.dropFirst() where points[index].step < points[index - 1].step {
            stretches.append(start..<index)
            start = index
        }
        return points.isEmpty ? [] : stretches + [start..<points.count]
    }

    func series(_ sets: [Set<MetricSource>]) -> MetricSeries {
        MetricSeries(
            name: name,
            points: points.map { point in
                MetricSeries.Point(
                    step: point.step, epoch: point.epoch, value: point.value, time: .init(seconds: point.time),
                    sources: sets[Int(point.sources.bits)])
            })
    }
}

/// Some of the five sources, one bit each.
struct SourceSet: Hashable {
    var bits: UInt8

    init(bits: UInt8) { self.bits = bits }
    init(_ source: MetricSource) { bits = 1 << UInt8(source.index) }

    /// Printed lines first: their names are what a person saw.
    var rank: Int {
        let order: [MetricSource] = [.stdout, .stderr, .trainerState, .lightning, .tensorboard]
        return order.firstIndex { !isDisjoint(SourceSet($0)) } ?? order.count
    }

    /// The values went through a person's output.
    var isPrinted: Bool { !isDisjoint(SourceSet(.stdout).union(SourceSet(.stderr))) }

    func isDisjoint(_ other: SourceSet) -> Bool { bits & other.bits == 0 }
    func union(_ other: SourceSet) -> SourceSet { SourceSet(bits: bits | other.bits) }

    var sources: Set<MetricSource> { Set(MetricSource.allCases.filter { !isDisjoint(SourceSet($0)) }) }

    /// The set for each pattern of bits, so that a million points share 32 of them.
    static var all: [Set<MetricSource>] { (0..<32).map { SourceSet(bits: $0).sources } }
}
