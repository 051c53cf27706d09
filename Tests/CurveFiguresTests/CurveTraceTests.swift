import TestSupport
import Testing

@testable import CurveFigures

@Suite struct CurveTraceTests {
    @Test func manyPointsBecomeAThousandAndTheSpikeStays() {
        var points = (0..<200_000).map { PlotPoint(x: Double($0), y: 1 / (1 + Double($0))) }
        points[155_555].y = 42
        points[100_000].y = -7
        let trace = CurveTrace(points, range: 0...199_999, columns: 480)
        let kept = trace.stretches[0]
        #expect(trace.pointCount <= 1000)
        #expect(kept.contains { $0.x == 155_555 && $0.y == 42 })
        #expect(kept.contains { $0.x == 100_000 && $0.y == -7 })
        #expect(kept.first?.x == 0 && kept.last?.x == 199_999)
    }

    @Test func aRestartBeginsANewStretch() {
        let points = [0.0, 1, 2, 1, 2, 3].map { PlotPoint(x: $0, y: $0) }
        #expect(CurveTrace(points, range: 0...3, columns: 100).stretches.map(\.count) == [3, 3])
    }

    @Test func valuesThatAreNotNumbersBreakTheLineAndAreMarked() {
        let values: [Double] = [1, .nan, 2, 3, .infinity, -.infinity, 4, 1e305]
        let points = values.enumerated().map { PlotPoint(x: Double($0), y: $1) }
        let trace = CurveTrace(points, range: 0...7, columns: 100)
        #expect(trace.stretches[0].map(\.isAfterGap) == [false, true, false, true])
        #expect(trace.marks.map(\.kind) == [.notANumber, .infinite, .negativeInfinite, .infinite])
        #expect(trace.nonFiniteCount == 4)
    }

    @Test func manyBadValuesAreOneMarkForEachColumn() {
        let points = (0..<100_000).map { PlotPoint(x: Double($0), y: .nan) }
        let trace = CurveTrace(points, range: 0...99_999, columns: 480)
        #expect(trace.marks.count == 480 && trace.stretches.isEmpty)
    }

    /// What is kept lies in the input, in its order, with both extremes of every stretch.
    @Test func thinningKeepsExtremesOfRandomSeries() {
        var random = SeededGenerator(state: 9)
        for _ in 0..<150 {
            let count = Int.random(in: 0...400, using: &random)
            var x = 0.0
            let points = (0..<count).map { _ -> PlotPoint in
                x += Double.random(in: -1...40, using: &random)
                let isBad = Int.random(in: 0..<20, using: &random) == 0
                return PlotPoint(x: x, y: isBad ? .nan : Double.random(in: -5...5, using: &random))
            }
            let columns = Int.random(in: 4...50, using: &random)
            let xs = points.map(\.x)
            let trace = CurveTrace(points, range: (xs.min() ?? 0)...(xs.max() ?? 0), columns: columns)
            let finite = points.filter { !$0.y.isNaN }.map(\.y)
            let kept = trace.stretches.flatMap { $0 }
            #expect(kept.map(\.y).max() == finite.max() && kept.map(\.y).min() == finite.min())
            #expect(kept.allSatisfy { point in points.contains { $0.x == point.x && $0.y == point.y } })
            #expect(trace.pointCount <= trace.stretches.count * (2 * columns + 2))
        }
    }
}
