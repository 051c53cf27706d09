import ExperimentModel
import FoundationEssentials
import HostSystem
import TestSupport
import Testing

@testable import CurveFigures

@Suite struct CurveFiguresTests {
    @Test func namesOfOneQuantityShareAFigure() {
        let names = [
            "train_loss", "val_loss", "loss", "train/loss", "val/loss", "Loss/train", "train_acc", "val_acc", "acc",
            "lr",
            "grad_norm",
        ]
        let figures = CurveFigures.figures(of: names.map { series($0, [1, 2, 3]) })
        #expect(figures.map(\.title) == ["loss", "acc", "lr", "grad_norm"])
        #expect(figures.map(\.fileName) == ["loss.svg", "acc.svg", "lr.svg", "grad_norm.svg"])
    }

    @Test func theFigureOfThePrimaryMetricIsFirstAndItsBestValueMarked() {
        let all = [series("train_loss", [3, 2, 1]), series("val_acc", [0.5, 0.91, 0.9])]
        let figures = CurveFigures.figures(of: all, primary: PrimaryMetric(metric: "val_acc", goal: .max))
        #expect(figures.map(\.title) == ["val_acc", "train_loss"])
        #expect(figures[0].svg.contains("best 0.91"))
        #expect(!figures[1].svg.contains("best"))
    }

    @Test func moreThanEightSeriesAreSplit() {
        let all = (0..<20).map { series($0 % 2 == 0 ? "loss" : "val_loss", [Double($0), 1]) }
        let figures = CurveFigures.figures(of: all)
        #expect(figures.map(\.title) == ["loss (1/3)", "loss (2/3)", "loss (3/3)"])
        #expect(Set(figures.map(\.fileName)).count == 3)
    }

    @Test func nothingGivesNoFigure() {
        #expect(CurveFigures.figures(of: []).isEmpty)
        #expect(CurveFigures.figures(of: [series("loss", [])]).isEmpty)
        #expect(CurveFigures.machine([]) == nil)
    }

    @Test func equalInputGivesEqualBytes() {
        let all = [series("loss", (0..<500).map { 1 / Double($0 + 1) }), series("损失/val", [1, .nan])]
        #expect(CurveFigures.figures(of: all) == CurveFigures.figures(of: all))
    }

    @Test func hostileNamesAreEscapedAndSafe() {
        let names = [
            "</text><script>alert(1)</script>", "../../etc/passwd", "a\u{0}b\u{1b}[31m", "\"'&", "", "CON", "...",
        ]
        let figures = CurveFigures.figures(of: names.map { series($0, [1, 2]) })
        for figure in figures {
            #expect(!figure.svg.contains("<script"))
            #expect(figure.svg.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
            #expect(
                !figure.fileName.contains("/") && !figure.fileName.hasPrefix(".") && figure.fileName.hasSuffix(".svg"))
        }
        #expect(Set(figures.map(\.fileName)).count == figures.count)
        #expect(figures.allSatisfy { isWellFormed($0.svg) })
    }

    @Test func chineseNamesStayInTitlesAndFileNames() {
        let figure = CurveFigures.figures(of: [series("训练 损失", [1, 2])], words: .chinese)[0]
        #expect(figure.fileName == "训练-损失.svg")
        #expect(figure.svg.contains(">训练 损失</text>") && figure.svg.contains("步数（step）"))
        #expect(figure.svg.contains("xml:lang=\"zh-Hans\""))
    }

    @Test func restartsAndBadValuesAreSaid() {
        var one = series("loss", [3, 2, .nan, 1])
        one.points += series("loss", [2, 1], start: 1).points
        let svg = CurveFigures.figures(of: [one])[0].svg
        #expect(svg.contains(">restart</text>") && svg.contains(">NaN @ 2</text>") && svg.contains("opacity=\"0.45\""))
    }

    @Test func aStepThatEveryEpochResetsIsDrawnOverTime() {
        var one = series("loss", (0..<100).map { 100 - Double($0) })
        for index in one.points.indices { one.points[index].step = Int64(index % 10) }
        let svg = CurveFigures.figures(of: [one])[0].svg
        #expect(svg.contains(">seconds</text>") && !svg.contains("restart"))
    }

    @Test func singlePointsAreDots() {
        #expect(CurveFigures.figures(of: [series("loss", [1])])[0].svg.contains("h0"))
        #expect(CurveFigures.figures(of: [series("loss", [.nan])])[0].svg.contains("NaN @ 0"))
    }

    @Test func lightDarkAndPrintAreInTheFigure() {
        let svg = CurveFigures.figures(of: [series("loss", [1, 2])])[0].svg
        #expect(svg.contains("@media screen and (prefers-color-scheme:dark)") && svg.contains("@media print"))
    }

    @Test func theMachineHasAPanelForEachQuantity() throws {
        let samples = (0..<50).map { second in
            SystemSample(
                time: Timestamp(seconds: 1.7e9 + Double(second)), cpu: 2, memory: 1 << 30, processes: 1,
                gpus: (0..<12).map { .init(index: $0, utilization: 50, memoryUsed: 1 << 30, memoryTotal: 2 << 30) })
        }
        let figure = try #require(CurveFigures.machine(samples))
        for text in ["CPU", "Memory", "GPU utilization", "GPU memory", "cores", "GiB", "%", "mean", "seconds"] {
            #expect(figure.svg.contains(text), "\(text)")
        }
        #expect(isWellFormed(figure.svg))
    }

    /// Nothing that a journal can hold makes a crash, a coordinate that is not a number, or a broken document.
    @Test func anySeriesGivesAWellFormedFigure() {
        var random = SeededGenerator(state: 11)
        let extremes: [Double] = [.nan, .infinity, -.infinity, 0, 1e308, -1e308, 5e-324, 1, -1, 1e-9]
        for _ in 0..<150 {
            let all = (0..<Int.random(in: 1...4, using: &random)).map { index in
                var one = series("m\(index % 2)_loss<", [])
                for _ in 0..<Int.random(in: 0...40, using: &random) {
                    let steps: [Int64] = [.min, .max, 0, 1, 2, Int64.random(in: 0...9, using: &random)]
                    one.points.append(
                        .init(
                            step: steps[Int.random(in: 0..<6, using: &random)],
                            value: extremes[Int.random(in: 0..<10, using: &random)],
                            time: Timestamp(seconds: extremes[Int.random(in: 0..<10, using: &random)]), sources: []))
                }
                return one
            }
            for figure in CurveFigures.figures(of: all, primary: PrimaryMetric(metric: "m0_loss<", goal: .min)) {
                #expect(isWellFormed(figure.svg))
                let isNumeric =
                    !figure.svg.contains("=\"nan") && !figure.svg.contains("inf") && !figure.svg.contains(" nan")
                #expect(isNumeric)
            }
        }
    }

    /// Tags are closed in order and text holds no bare marks: enough of XML for what is written here.
    private func isWellFormed(_ svg: String) -> Bool {
        var open: [Substring] = []
        for part in svg.split(separator: "<", omittingEmptySubsequences: true) {
            guard let end = part.firstIndex(of: ">") else { return false }
            let tag = part[..<end]
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return false }
            } else if !tag.hasSuffix("/") {
                open.append(tag.prefix { $0 != " " && $0 != "\n" })
            }
            if part[part.index(after: end)...].contains(">") { return false }
        }
        return open.isEmpty
    }
}
