import ExperimentModel
import HostSystem
import TestSupport
import Testing

@testable import Recorder

@Suite struct ObservationTests {
    @Test func aSpikeIsFoundWithItsSizeAndStep() {
        var random = SeededGenerator(state: 1)
        var loss = series("train_loss", 1000) { 0.5 + 2 / (1 + $0 / 50) + 0.02 * random.noise() }
        loss.points[812].value *= 3.1
        guard case .spike("train_loss", 812, let factor, 0)? = SpikeFinder.find(loss) else {
            Issue.record("no spike")
            return
        }
        #expect(abs(factor - 3.1) < 0.3)
    }

    @Test func aLossThatJumpsAndStaysIsNoSpike() {
        let loss = series("loss", 400) { $0 < 200 ? 0.5 + 2 / (1 + $0 / 10) : 2.5 }
        guard case .jump("loss", 200, _)? = SpikeFinder.find(loss) else {
            Issue.record("no jump")
            return
        }
    }

    @Test func aScoreHasNoLossSpikes() {
        #expect(SpikeFinder.find(series("val_acc", 100) { $0 == 50 ? 0.9 : 0.1 }) == nil)
    }

    @Test func theFirstValueThatIsNotANumberIsNamed() {
        var loss = series("loss", 10) { 10 - $0 }
        loss.points[7].value = .infinity
        for index in 8..<10 { loss.points[index].value = .nan }
        let norm = series("norm", 10) { $0 > 8 ? .nan : 1 }
        let expected = Observation.nonFinite(metric: "loss", step: 7, value: "∞", count: 3, others: 1, last: true)
        #expect(NonFiniteFinder.find([norm, loss]) == [expected])
        #expect(NonFiniteFinder.find([series("loss", 10) { $0 }]).isEmpty)
    }

    @Test func overfittingNamesTheStepFromWhichTheCurvesPart() {
        let train = series("train_loss", 1000) { 2 / (1 + $0 / 100) }
        let held = series("val_loss", 20, every: 50) { 2 / (1 + $0 / 100) + max(0, $0 - 400) / 500 }
        guard
            case .overfitting("train_loss", "val_loss", let step, _, _)? = OverfittingFinder.find([train, held]).first
        else {
            Issue.record("not found")
            return
        }
        #expect((350...450).contains(step))
    }

    @Test func aPlateauNamesWhereItBegan() {
        let metric = series("val_acc", 60) { min(0.9, 0.1 + $0 * 0.04) }
        guard case .plateau("val_acc", let step, _)? = PlateauFinder.find(metric, goal: .max) else {
            Issue.record("not found")
            return
        }
        #expect((18...22).contains(step))
        #expect(PlateauFinder.find(series("val_acc", 60) { 0.1 + $0 * 0.01 }, goal: .max) == nil)
    }

    @Test func theBestValueIsComparedWithTheLast() {
        let metric = series("val_acc", 5) { [0.5, 0.9, 0.8, 0.85, 0.7][Int($0)] }
        let found = BestFinder.find(metric, goal: .max)
        guard case .best("val_acc", 0.9, 1, let worse?)? = found else {
            Issue.record("not found")
            return
        }
        #expect(abs(worse - 0.2) < 1e-9)
        #expect(
            BestFinder.find(series("a", 3) { $0 }, goal: .max) == .best(metric: "a", value: 2, step: 2, worseBy: nil))
    }

    @Test func restartsAreToldFromCountersOfBatches() {
        var restarted = series("loss", 100) { $0 }
        restarted.points += series("loss", 50) { $0 }.points
        #expect(RestartFinder.find([restarted]) == [.restart(metric: "loss", from: 99, to: 0, others: 0)])
        var counter = series("loss", 100) { $0 }
        for index in counter.points.indices { counter.points[index].step = Int64(index % 5) }
        #expect(RestartFinder.find([counter]).isEmpty)
    }

    private func samples(_ count: Int, cpu: Double, _ utilization: (Int) -> Double?) -> [SystemSample] {
        (0..<count).map { index in
            let gpu = SystemSample.GPU(index: 0, utilization: utilization(index), memoryUsed: 1, memoryTotal: 2)
            return SystemSample(time: Timestamp(seconds: Double(index)), cpu: cpu, memory: 1, processes: 1, gpus: [gpu])
        }
    }

    @Test func idleGPUsAreNamedAndTheCauseWhereItShows() {
        let idle = samples(100, cpu: 3.9) { $0 % 4 == 0 ? 90 : 3 }
        let expected = Observation.idleGPUs(indices: [0], share: 0.75, isDataBound: true, cores: 3.9)
        #expect(IdleFinder.find(idle, cores: 4) == expected)
        #expect(IdleFinder.find(samples(100, cpu: 1) { _ in 95 }, cores: 4) == nil)
        #expect(IdleFinder.find(samples(20, cpu: 1) { _ in 0 }, cores: 4) == nil)
        #expect(IdleFinder.find(samples(100, cpu: 1) { _ in nil }, cores: 4) == nil)
    }

    @Test func runsWithoutMetricsAndOutOfMemoryAreSaid() throws {
        var record = try sampleRecord()
        record.series = []
        record.manifest.end?.status = .outOfMemory
        record.manifest.end?.reason = "the kernel killed it"
        #expect(ObservationFinder.observations(record) == [.outOfMemory(reason: "the kernel killed it"), .noMetrics])
        record.series = [series("loss", 2) { $0 }]
        #expect(ObservationFinder.observations(record).contains(.tooFewPoints(most: 2)))
    }

    /// Sixty healthy trainings with noise of every size: nothing alarming is said of them.
    @Test func healthyCurvesRaiseNoAlarm() throws {
        var random = SeededGenerator(state: 5)
        var alarms = 0
        for _ in 0..<60 {
            let count = Int.random(in: 30...600, using: &random)
            let speed = Double(count) / Double.random(in: 2...5, using: &random)
            let noise = Double.random(in: 0.005...0.2, using: &random)
            let decay: (Double) -> Double = { step in 2.2 / (1 + step / speed * 3) + 0.1 }
            let train = series("train_loss", count) { decay($0) * max(0.05, 1 + noise * random.noise()) }
            let held = series("val_loss", count / 5, every: 5) {
                (decay($0) + 0.05) * max(0.05, 1 + noise / 3 * random.noise())
            }
            var record = try sampleRecord()
            record.series = [train, held]
            alarms += ObservationFinder.observations(record).count { observation in
                switch observation {
                case .best, .plateau: false
                default: true
                }
            }
        }
        #expect(alarms <= 2)
    }

    /// A mature loss has batches that are many times its median; that is no spike.
    @Test func hardBatchesLateInATrainingAreNoSpikes() {
        var random = SeededGenerator(state: 6)
        let loss = series("train_loss", 2000) { step in
            let base = 2.3 / (1 + step / 20)
            return base * (Int.random(in: 0..<50, using: &random) == 0 && step > 500 ? 5 : 1)
        }
        #expect(SpikeFinder.find(loss) == nil)
    }

    @Test func everyObservationHasASentenceInBothLanguages() {
        let all: [Observation] = [
            .outOfMemory(reason: nil),
            .nonFinite(metric: "a|b", step: 1, value: "NaN", count: 2, others: 1, last: false),
            .spike(metric: "loss", step: 812, factor: 3.14159, others: 2), .jump(metric: "a", step: 1, factor: 2),
            .overfitting(train: "a", held: "b", step: 3, best: 0.123456, last: 1),
            .plateau(metric: "a", step: 3, best: 0.9), .best(metric: "a", value: 0.97825, step: 4, worseBy: 0.0123456),
            .restart(metric: "a", from: 9, to: 5, others: 1), .noMetrics, .tooFewPoints(most: 2),
            .idleGPUs(indices: [0, 1], share: 0.754, isDataBound: true, cores: 3.9),
        ]
        for phrases in [Phrases.english, .chinese] {
            for observation in all {
                let sentence = phrases.observations.sentence(observation)
                #expect(!sentence.isEmpty && !sentence.contains("\n"))
            }
        }
        #expect(Phrases.english.observations.sentence(all[2]).contains("at step 812, to 3.1 × the running median"))
        #expect(Phrases.chinese.observations.sentence(all[6]) == "`a` 的最佳值：0.9783，第 4 步；最后的值比它差 0.01235。")
    }
}
