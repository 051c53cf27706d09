import Testing

@testable import RunCapture

@Suite struct GlobalStepTests {
    @Test func stepsThatStartAgainInEachEpochRiseThroughTheTraining() {
        var steps = GlobalStep()
        let seen: [(Int64, Double)] = [(0, 1), (40, 1), (80, 1), (0, 2), (40, 2), (80, 2), (0, 3)]
        #expect(seen.map { steps.step($0.0, key: .step, epoch: $0.1, total: nil) } == [0, 40, 80, 80, 120, 160, 160])
    }

    @Test func theLengthOfAnEpochIsUsedWhereItIsKnown() {
        var steps = GlobalStep()
        #expect(steps.step(0, key: .step, epoch: 1, total: 100) == 0)
        #expect(steps.step(80, key: .step, epoch: 1, total: 100) == 80)
        #expect(steps.step(0, key: .step, epoch: 2, total: 100) == 100)
    }

    @Test func globalStepsStayAsTheyAre() {
        var steps = GlobalStep()
        let seen: [(Int64, Double)] = [(40, 1), (80, 1), (120, 2), (160, 2)]
        #expect(seen.map { steps.step($0.0, key: .step, epoch: $0.1, total: nil) } == [40, 80, 120, 160])
    }

    @Test func aRestartIsNotHidden() {
        var steps = GlobalStep()
        let seen: [(Int64, Double)] = [(0, 1), (40, 1), (0, 2), (40, 2), (0, 1), (40, 1)]
        #expect(seen.map { steps.step($0.0, key: .step, epoch: $0.1, total: nil) } == [0, 40, 40, 80, 0, 40])
    }

    @Test func hugeStepsDoNotTrap() {
        var steps = GlobalStep()
        _ = steps.step(.max, key: .step, epoch: 1, total: .max)
        _ = steps.step(.max, key: .step, epoch: 2, total: .max)
        #expect(steps.step(.min, key: .step, epoch: .infinity, total: .max) != 0)
    }
}
