/// A point in the units of the axes. The value may be NaN or infinite.
struct PlotPoint: Sendable, Hashable {
    var x: Double
    var y: Double
}

/// What is drawn of one series: few enough points for a picture, and all that an eye would look for.
///
/// Within one column of pixels the lowest and the highest point stay, so a spike of one step among a million stays
/// visible. The first and the last point of every stretch stay too.
struct CurveTrace {
    struct Point: Hashable {
        var x: Double
        var y: Double
        /// Values that are not numbers lie between this point and the one before: the line is broken there.
        var isAfterGap = false
    }

    enum NonFinite: CaseIterable { case notANumber, infinite, negativeInfinite }

    struct Mark {
        var kind: NonFinite
        var x: Double
    }

    /// The stretches between restarts, in order.
    private(set) var stretches: [[Point]] = []
    /// One mark for each kind and column at most.
    private(set) var marks: [Mark] = []
    /// How often a value was not a finite number.
    private(set) var nonFiniteCount = 0

    var pointCount: Int { stretches.reduce(0) { $0 + $1.count } }

    /// Beyond this the differences of two values overflow; such a value is drawn as infinite.
    static let largestDrawn = 1e300

    static func kind(of value: Double) -> NonFinite? {
        if value.isNaN { return .notANumber }
        if value > largestDrawn { return .infinite }
        return value < -largestDrawn ? .negativeInfinite : nil
    }

    /// - Parameters:
    ///   - range: the ends of the x axis.
    ///   - columns: into how many columns the axis is divided; twice as many points are drawn at most.
    init(_ points: [PlotPoint], range: ClosedRange<Double>, columns: Int) {
        let scale = range.upperBound > range.lowerBound ? Double(columns) / (range.upperBound - range.lowerBound) : 0
        var column = Column()
        var previous = -Double.infinity
        var hasGap = false
        var marked: [NonFinite: Int] = [:]
        for point in points {
            let number = min(columns - 1, max(0, Int(((point.x - range.lowerBound) * scale).rounded(.down))))
            if point.x < previous || stretches.isEmpty {
                flush(&column, isLast: true)
                stretches.append([])
                marked = [:]
                hasGap = false
            }
            previous = point.x
            if let kind = Self.kind(of: point.y) {
                nonFiniteCount += 1
                hasGap = true
                if marked[kind] != number {
                    marked[kind] = number
                    marks.append(Mark(kind: kind, x: point.x))
                }
                continue
            }
            if column.number != number { flush(&column, isLast: false) }
            column.add(Point(x: point.x, y: point.y, isAfterGap: hasGap), number: number)
            hasGap = false
        }
        flush(&column, isLast: true)
        stretches.removeAll(where: \.isEmpty)
    }

    private mutating func flush(_ column: inout Column, isLast: Bool) {
        guard !stretches.isEmpty else { return }
        let isFirst = stretches[stretches.count - 1].isEmpty
        stretches[stretches.count - 1] += column.kept(withFirst: isFirst, withLast: isLast)
        column = Column()
    }

    /// The points that fall into one column of pixels.
    private struct Column {
        var number = -1
        private var first: Point?
        private var last: Point?
        private var lowest: (order: Int, point: Point)?
        private var highest: (order: Int, point: Point)?
        private var count = 0
        private var gap: Int?

        mutating func add(_ point: Point, number: Int) {
            self.number = number
            if first == nil { first = point }
            last = point
            if point.isAfterGap { gap = count }
            if point.y < lowest?.point.y ?? .infinity { lowest = (count, point) }
            if point.y > highest?.point.y ?? -.infinity { highest = (count, point) }
            count += 1
        }

        func kept(withFirst: Bool, withLast: Bool) -> [Point] {
            guard let first, let last, let lowest, let highest else { return [] }
            var kept: [(order: Int, point: Point)] = []
            if withFirst { kept.append((0, first)) }
            kept += lowest.order < highest.order ? [lowest, highest] : [highest, lowest]
            if withLast { kept.append((count - 1, last)) }
            var result: [Point] = []
            var previous = -1
            for (order, point) in kept where order > previous {
                var point = point
                // A gap before a point that is left out is a gap before the next that stays.
                if let gap, gap > previous, gap <= order { point.isAfterGap = true }
                result.append(point)
                previous = order
            }
            if let gap, gap > previous, !result.isEmpty { result[result.count - 1].isAfterGap = true }
            return result
        }
    }
}
