import ExperimentModel
import Testing

@testable import CurveFigures

@Suite struct PanelTests {
    private func line(_ name: String, _ values: [Double]) -> Panel.Line {
        Panel.Line(name: name, points: values.enumerated().map { PlotPoint(x: Double($0), y: $1) })
    }

    private func smooth(_ count: Int) -> [Double] { (0..<count).map { 2 / (1 + Double($0)) + 0.1 } }

    private func layout(_ lines: [Panel.Line]) -> PanelLayout {
        PanelLayout(Panel(title: "loss", xTitle: "step", lines: lines, allowsLogarithm: true), top: 0)
    }

    @Test(arguments: [
        (["val_loss"], [1]), (["loss"], [0]), (["train_loss", "val_loss", "test_loss"], [0, 1, 2]),
        (["loss", "Loss/train", "valid/loss"], [2, 0, 1]), (["val", "valid"], [1, 0]),
    ])
    func aRoleHasOneColourInEveryFigure(names: [String], inks: [Int]) {
        #expect(LineInk.choose(names, quiet: names.map { _ in false }) == inks)
    }

    @Test func coloursDifferUpToTheLimit() {
        let names = (0..<8).map { $0 % 2 == 0 ? "val_\($0)" : "x\($0)" }
        #expect(Set(LineInk.choose(names, quiet: names.map { _ in true })).count == 8)
    }

    @Test func aLineThatGoesUpAndDownStandsBehindASmoothOne() {
        let noisy = line("loss", (0..<100).map { $0 % 2 == 0 ? 1 : 2 })
        #expect(layout([noisy, line("val_loss", smooth(100))]).quiet == [true, false])
        #expect(layout([noisy, noisy]).quiet == [false, false])
        #expect(layout([noisy]).quiet == [false])
        #expect(layout([line("loss", smooth(100)), line("val_loss", smooth(100))]).quiet == [false, false])
    }

    @Test func lossesThatCrowdAtTheBottomGetALogarithm() {
        let falling = (0..<200).map { 5 / (1 + Double($0)) }
        #expect(layout([line("loss", falling)]).y.isLogarithmic)
        #expect(!layout([line("acc", falling.map { 1 - $0 / 10 })]).y.isLogarithmic)
        #expect(!layout([line("loss", falling.map { $0 - 0.03 })]).y.isLogarithmic)
    }

    @Test func theEndOfALineSaysItsLastValue() {
        let labels = layout([line("train_loss", [1, 0.12345]), line("val_loss", [1, .nan])]).labels
        #expect(labels.map(\.value) == ["0.123", "NaN"])
        #expect(layout([line("loss", [1, 2])]).labels.isEmpty)
    }

    /// The best value lies close below another line: its label goes to the free side.
    @Test func theLabelOfTheBestValueKeepsOutOfOtherLines() throws {
        let rising = MetricSeries(name: "train_acc", points: series("", (0..<30).map { $0 < 3 ? 0.4 : 1 }).points)
        let below = MetricSeries(
            name: "val_acc", points: series("", (0..<30).map { $0 < 3 ? 0.4 : $0 == 20 ? 0.96 : 0.95 }).points)
        let figures = CurveFigures.figures(
            of: [rising, below], primary: PrimaryMetric(metric: "val_acc", goal: .max))
        let svg = try #require(figures.first?.svg)
        let circle = try #require(svg.firstMatch(of: /<circle [^>]*cy="([0-9.]+)"/).flatMap { Double($0.1) })
        let label = try #require(svg.firstMatch(of: /y="([0-9.]+)"[^>]*>best/).flatMap { Double($0.1) })
        #expect(label > circle)
    }
}
