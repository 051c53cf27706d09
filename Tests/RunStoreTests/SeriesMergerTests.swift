import ExperimentModel
import HostSystem
import RunStore
import TestSupport
import Testing

@Suite struct SeriesMergerTests {
    private func points(
        _ name: String, _ source: MetricSource, _ values: [(Int64?, Double)], from time: Double = 0
    ) -> [MetricPoint] {
        values.enumerated().map { index, value in
            MetricPoint(
                name: name, step: value.0, value: value.1, time: Timestamp(seconds: time + Double(index)),
                source: source)
        }
    }

    @Test func aValueThatArrivedOnTwoWaysIsOnePointWithTheMorePreciseValue() {
        let merged = SeriesMerger.merge(
            points("loss", .stdout, [(1, 0.5312), (2, 0.53)])
                + points("loss", .tensorboard, [(1, 0.53117), (2, 0.53003)]))
        #expect(merged.series.map(\.name) == ["loss"])
        #expect(merged.series[0].points.map(\.value) == [0.53117, 0.53003])
        #expect(merged.series[0].points.allSatisfy { $0.sources == [.stdout, .tensorboard] })
    }

    @Test func trailingZerosCountAsPrinted() {
        // Printed with four decimals: 0.5300 is not 0.5312.
        let merged = SeriesMerger.merge(
            points("loss", .stdout, [(1, 0.1234), (2, 0.53)])
                + points("loss", .tensorboard, [(1, 0.12341), (2, 0.5312)]))
        #expect(merged.series.map(\.name) == ["loss", "loss (tensorboard)"])
    }

    @Test func aNumberOf32BitsIsKeptAsItWasPrinted() {
        let merged = SeriesMerger.merge(
            points("lr", .stdout, [(1, 3e-4)]) + points("lr", .tensorboard, [(1, Double(Float(3e-4)))]))
        #expect(merged.series[0].points.map(\.value) == [3e-4])
    }

    @Test func valuesThatDifferKeepBothSeries() {
        let merged = SeriesMerger.merge(
            points("loss", .stdout, [(1, 0.5), (2, 0.4)]) + points("loss", .tensorboard, [(1, 0.5), (2, 0.7)]))
        #expect(merged.series.map(\.name) == ["loss", "loss (tensorboard)"])
        #expect(merged.series.map(\.points.count) == [2, 2])
    }

    @Test func sourcesWithoutACommonStepStayApart() {
        let merged = SeriesMerger.merge(
            points("loss", .stdout, [(1, 0.5), (2, 0.4)]) + points("loss", .tensorboard, [(100, 0.5), (200, 0.4)]))
        #expect(merged.series.map(\.name) == ["loss", "loss (tensorboard)"])
    }

    @Test func unnamedStepsAreMatchedByOrder() {
        let merged = SeriesMerger.merge(
            points("loss", .stdout, [(nil, 0.5), (nil, 0.4)])
                + points("loss", .tensorboard, [(100, 0.501), (200, 0.399)]))
        #expect(merged.series.count == 1)
        #expect(merged.series[0].points.map(\.step) == [100, 200])
        let apart = SeriesMerger.merge(
            points("loss", .stdout, [(nil, 0.5), (nil, 0.9)])
                + points("loss", .tensorboard, [(100, 0.501), (200, 0.399)]))
        #expect(apart.series.map { $0.points.map(\.step) } == [[0, 1], [100, 200]])
    }

    @Test func aValueWithoutAStepBelongsToTheStepItFollows() {
        let merged = SeriesMerger.merge(points("acc", .stdout, [(1, 0.5), (2, 0.9), (nil, 0.9), (nil, 0.91)]))
        #expect(merged.series[0].points.map(\.step) == [1, 2, 2])
        #expect(merged.series[0].points.map(\.value) == [0.5, 0.9, 0.91])
    }

    @Test func spellingsOfOneMetricAreUnifiedWhenTheyAgree() {
        let stdout = points("train_loss", .stdout, [(1, 0.5312), (2, 0.4)]) + points("val_acc", .stdout, [(2, 0.91)])
        for (train, val) in [
            ("Loss/train", "Accuracy/val"), ("train/loss", "valid/acc"), ("trainLoss", "eval_accuracy"),
        ] {
            let merged = SeriesMerger.merge(
                stdout + points(train, .tensorboard, [(1, 0.53118), (2, 0.40002)])
                    + points(val, .tensorboard, [(2, 0.9102)]))
            #expect(merged.series.map(\.name) == ["train_loss", "val_acc"])
            #expect(merged.otherNames == [train: "train_loss", val: "val_acc"])
            #expect(merged.series(named: train)?.points.count == 2)
        }
        let differing = SeriesMerger.merge(stdout + points("Loss/train", .tensorboard, [(1, 0.53118), (2, 0.5)]))
        #expect(Set(differing.series.map(\.name)) == ["train_loss", "val_acc", "Loss/train"])
    }

    @Test func huggingFaceNamesFindTheirPartners() {
        let merged = SeriesMerger.merge(
            points("loss", .stdout, [(10, 0.5), (20, 0.4)]) + points("train_loss", .stdout, [(20, 0.45)])
                + points("train/loss", .tensorboard, [(10, 0.5), (20, 0.4)])
                + points("train/train_loss", .tensorboard, [(20, 0.45)]))
        #expect(merged.otherNames == ["train/loss": "loss", "train/train_loss": "train_loss"])
    }

    /// Hugging Face prints no step, and its state, as old as the last checkpoint, has the step of each epoch.
    @Test func printedEpochsAreMatchedWithTheStepsOfTheState() {
        func point(_ step: Int64?, _ epoch: Double, _ value: Double, _ source: MetricSource) -> MetricPoint {
            MetricPoint(
                name: "loss", step: step, epoch: epoch, value: value, time: Timestamp(seconds: epoch), source: source)
        }
        let printed = [
            point(nil, 0.5, 0.9, .stdout), point(1, 1, 0.8, .stdout), point(nil, 1.5, 0.6667, .stdout),
            point(2, 2, 0.6, .stdout),
        ]
        let state = [
            point(100, 0.5, 0.9, .trainerState), point(200, 1, 0.8, .trainerState),
            point(300, 1.5, 2.0 / 3, .trainerState),
        ]
        let merged = SeriesMerger.merge(printed + state).series
        #expect(merged.count == 1)
        #expect(merged.first?.points.map(\.step) == [100, 200, 300, 300])
        #expect(merged.first?.points.map(\.value) == [0.9, 0.8, 2.0 / 3, 0.6])
        #expect(merged.first?.points.last?.sources == [.stdout])

        let other = [point(100, 0.5, 0.1, .trainerState), point(200, 1, 0.1, .trainerState)]
        #expect(SeriesMerger.merge(printed + other).series.count == 2, "values that differ are two series")
    }

    @Test func twoSpellingsInOneSourceAreTwoMetrics() {
        let merged = SeriesMerger.merge(
            points("train/loss", .tensorboard, [(1, 0.5)]) + points("train_loss", .tensorboard, [(1, 0.5)])
                + points("x", .stdout, [(1, 1)]))
        #expect(merged.series.count == 3)
    }

    @Test func pointsThatArriveTwiceCollapse() {
        let file = points("loss", .tensorboard, [(1, 0.5), (2, .nan), (3, 0.4)])
        let merged = SeriesMerger.merge(file + file)
        #expect(merged.series[0].points.map(\.step) == [1, 2, 3])
    }

    @Test func aRestartStaysVisibleAfterMerging() {
        let steps: [(Int64?, Double)] = [(1, 0.9), (2, 0.8), (3, 0.7), (2, 0.75), (3, 0.65)]
        let merged = SeriesMerger.merge(points("loss", .stdout, steps) + points("loss", .tensorboard, steps, from: 90))
        #expect(merged.series[0].points.map(\.step) == [1, 2, 3, 2, 3])
        #expect(merged.series[0].points.allSatisfy { $0.sources.count == 2 })
        // TensorBoard's file lacks a part, so that the restart is at another place there.
        let partial = SeriesMerger.merge(
            points("loss", .stdout, steps) + points("loss", .tensorboard, [(1, 0.9), (2, 0.75), (3, 0.65)], from: 90))
        #expect(partial.series[0].points.map(\.step) == [1, 2, 3, 2, 3])
        #expect(partial.series.count == 1)
    }

    @Test func aSparseSourceIsSortedInByStep() {
        let merged = SeriesMerger.merge(
            points("loss", .stdout, [(10, 0.5), (20, 0.4)])
                + points("loss", .tensorboard, [(5, 0.6), (10, 0.5), (15, 0.45), (20, 0.4), (25, 0.3)], from: 100))
        #expect(merged.series[0].points.map(\.step) == [5, 10, 15, 20, 25])
    }

    @Test func anyPointsGiveSeriesThatLoseNoStep() {
        var random = SeededGenerator(3)
        for _ in 0..<2000 {
            var all: [MetricPoint] = []
            for index in 0..<Int.random(in: 0...12, using: &random) {
                let values: [Double] = [0, 1, 0.5, .nan, .infinity, -1e300, 0.1234, 2.5e-308]
                all.append(
                    MetricPoint(
                        name: ["loss", "train/loss", "", "Loss_Train"].randomElement(using: &random) ?? "",
                        step: [nil, 0, 1, 2, .max, .min].randomElement(using: &random) ?? nil,
                        value: values.randomElement(using: &random) ?? 0,
                        time: Timestamp(seconds: Double(index)),
                        source: MetricSource.allCases.randomElement(using: &random) ?? .stdout))
            }
            let merged = SeriesMerger.merge(all)
            let kept = Set(merged.series.flatMap(\.points).map(\.step))
            let hasUnnamed = all.contains { $0.step == nil }
            #expect(hasUnnamed || kept == Set(all.compactMap(\.step)))
            #expect(merged.series.isEmpty == all.isEmpty)
        }
    }

    @Test func manyPointsOfOneStepTakeLinearTime() {
        let same = (0..<100_000).map { (Int64?(0), Double($0)) }
        let merged = SeriesMerger.merge(
            points("x", .stdout, same) + points("x", .tensorboard, same.reversed()) + points("x", .lightning, [(0, -1)])
        )
        #expect(!merged.series.isEmpty)
    }
}
