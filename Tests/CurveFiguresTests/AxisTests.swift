import Testing

@testable import CurveFigures

@Suite struct AxisTests {
    @Test func ticksAreNiceAndCoverTheValues() {
        let axis = AxisScale(lowest: 0.07, highest: 2.31, ticks: 5)
        #expect(axis.ticks.map(\.label) == ["0", "0.5", "1.0", "1.5", "2.0", "2.5"])
        #expect(axis.lower == 0 && axis.upper == 2.5)
    }

    @Test func thousandsAreShort() {
        let axis = AxisScale(lowest: 0, highest: 4000, ticks: 8, isTight: true)
        #expect(axis.ticks.map(\.label) == ["0", "500", "1k", "1.5k", "2k", "2.5k", "3k", "3.5k", "4k"])
    }

    @Test func stepsAreWholeNumbers() {
        let axis = AxisScale(lowest: 1, highest: 3, ticks: 7, isTight: true, isWhole: true)
        #expect(axis.ticks.map(\.label) == ["1", "2", "3"])
    }

    @Test func positiveValuesOverThreeDecadesGetALogarithm() {
        let axis = AxisScale(lowest: 3e-8, highest: 3e-4, ticks: 5, allowsLogarithm: true)
        #expect(axis.isLogarithmic)
        #expect(axis.ticks.map(\.label) == ["1e-7", "1e-6", "1e-5", "1e-4"])
        #expect(!AxisScale(lowest: 0, highest: 1e6, ticks: 5, allowsLogarithm: true).isLogarithmic)
        #expect(!AxisScale(lowest: 1, highest: 900, ticks: 5, allowsLogarithm: true).isLogarithmic)
    }

    @Test func crowdedValuesGetALogarithmWithNamesInBetween() {
        let axis = AxisScale(lowest: 0.035, highest: 1.9, ticks: 5, allowsLogarithm: true, isCrowded: true)
        #expect(axis.ticks.map(\.label) == ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"])
        #expect(axis.lower == 0.02 && axis.upper == 2)
        #expect(!AxisScale(lowest: 0.2, highest: 2, ticks: 5, allowsLogarithm: true, isCrowded: true).isLogarithmic)
    }

    @Test(
        arguments: [
            (5.0, 5.0), (0, 0), (-3, -3), (1e300, 1e300), (-1e300, 1e300), (1, 1 + 1e-15), (5e-324, 5e-324),
            (1e-300, 1e300),
        ] as [(Double, Double)])
    func oddRangesStillGiveAFiniteAxis(lowest: Double, highest: Double) {
        for allows in [true, false] {
            let axis = AxisScale(
                lowest: lowest, highest: highest, ticks: 5, allowsLogarithm: allows, isCrowded: allows)
            #expect(axis.position(lowest).isFinite && axis.position(highest).isFinite)
            #expect(axis.lower < axis.upper && axis.ticks.count <= 40)
        }
    }
}
