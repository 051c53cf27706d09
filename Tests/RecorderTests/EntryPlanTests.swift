import ExperimentModel
import HostSystem
import MarkdownEntry
import Testing

@testable import Recorder

@Suite struct EntryPlanTests {
    private func index(_ record: RunRecord, _ language: EntryLanguage = .english) throws -> String {
        String(decoding: try EntryPlan(record, language: language).index, as: UTF8.self)
    }

    @Test func theHeadSaysWhatRan() throws {
        let text = try index(try sampleRecord())
        for line in [
            "title: \"digits: SimpleNet, AdamW 3e-4\"", "tags: [digits, simplenet]", "run_status: finished",
            "run_torch: \"2.10\"", "run_primary_metric: val_acc",
            "Model SimpleNet · Optimizer AdamW, lr=3e-4 · Batch 64 × 4 processes → 256 · 41 s · finished · **val\\_acc 0.955 at step 19**",
            "| Item | Value |",
            "python train.py 'it'\\''s'", "> No GPU was visible: the run used the CPU.", "![loss]", "## Observations",
        ] where !line.hasPrefix("![loss]") {
            #expect(text.contains(line), "\(line)")
        }
        #expect(text.contains("(figures/acc.svg)") && text.contains("(figures/loss.svg)"))
        #expect(text.contains("| `val_acc` ★ |"))
    }

    @Test func aSettingThatIsPrintedAgainAndAgainHasNoFigure() throws {
        var record = try sampleRecord()
        record.series += [
            series("lr", 20) { _ in 3e-4 }, series("grad_norm", 20) { $0 }, series("val_loss", 20) { _ in 1 },
        ]
        let text = try index(record)
        #expect(text.contains("| `lr` | 3e-4 | constant | 20 | stdout |"))
        #expect(!text.contains("(figures/lr.svg)"))
        #expect(text.contains("(figures/grad_norm.svg)"))
        // A loss that never moves is worth a look.
        #expect(try EntryPlan(record).files.contains { $0.path == "figures/loss.svg" })
    }

    @Test func chineseEntriesAreChineseThroughout() throws {
        let text = try index(try sampleRecord(), .chinese)
        for line in ["模型 SimpleNet · 优化器 AdamW, lr=3e-4 · 批大小 64 × 4 个进程 → 256", "## 环境", "## 观察", "## 下一步"] {
            #expect(text.contains(line), "\(line)")
        }
        for heading in ["Environment", "Metrics", "Observations", "Next steps"] {
            #expect(!text.contains("## \(heading)"))
        }
    }

    @Test func aBadEndShowsItsCauseAndTheLastTwentyLines() throws {
        var record = try sampleRecord()
        record.manifest.end?.status = .failed
        record.manifest.end?.exitCode = 3
        record.manifest.end?.reason = "ValueError: <b>"
        record.lastOutput = (1...30).map { "line \($0)" } + ["```", "<!-- bunsen:end -->"]
        let text = try index(record)
        #expect(text.contains("**The run ended badly: failed** (exit code 3). ValueError: \\<b\\>."))
        #expect(text.contains("line 13\n") && !text.contains("line 12\n"))
        #expect(try EntryDocument(parsing: Array(text.utf8), path: "").blocks.allSatisfy { !$0.isEdited })
        #expect(try !index(try sampleRecord()).contains("bunsen:begin output"))
    }

    @Test func hostileTextStaysText() throws {
        let bad = "x\n---\n<!-- bunsen:end -->\n|`</script>\u{1b}[31m\""
        var record = try sampleRecord(name: bad)
        record.manifest.parameters = [Parameter(name: bad, value: .text(bad), source: bad)]
        record.manifest.command.line = bad
        record.manifest.command.variables = [bad: bad]
        record.manifest.warnings = [bad]
        record.manifest.host.name = bad
        record.series.append(series(bad, 3) { $0 })
        record.texts = [LoggedText(name: bad, step: 1, text: bad)]
        record.gpuReport = bad
        let plan = try EntryPlan(record)
        let document = try EntryDocument(parsing: plan.index, path: "")
        #expect(document.blocks.count == 9 && document.blocks.allSatisfy { !$0.isEdited })
        #expect(document.frontMatter?.text("run_id") == record.manifest.id.text)
        #expect(!plan.folderName.contains("/") && !plan.folderName.contains("\n"))
    }

    @Test func theSameRecordGivesTheSameBytes() throws {
        let record = try sampleRecord()
        #expect(try EntryPlan(record).files == EntryPlan(record).files)
        #expect(try EntryPlan(record).index == EntryPlan(record).index)
    }

    @Test func attachmentsCannotLeaveTheFolderOrReplaceTheRecord() throws {
        var record = try sampleRecord()
        for path in ["../x", "/etc/x", "a/../../x", "index.md", "run.json", "", "environment/packages.txt"] {
            record.attachments.append(EntryFile(path: path, bytes: [1]))
        }
        let plan = try EntryPlan(record)
        #expect(plan.files.map(\.path).count == Set(plan.files.map(\.path)).count)
        #expect(!plan.files.contains { $0.path.contains("..") || $0.path.hasPrefix("/") || $0.bytes == [1] })
    }

    @Test func theTableFollowsTheStandard() {
        var one = series("a,\"b\"", 2) { $0 == 0 ? .nan : 0.5 }
        one.points[1].epoch = 1.5
        one.points[1].sources = [.tensorboard, .stdout]
        let lines = String(decoding: MetricTable.csv([one]), as: UTF8.self).split(separator: "\r\n")
        #expect(lines[0] == "name,step,epoch,value,time,sources")
        #expect(lines[1] == "\"a,\"\"b\"\"\",0,,NaN,2023-11-14T22:13:20.000Z,stdout")
        #expect(lines[2].hasSuffix(",1,1.5,0.5,2023-11-14T22:13:21.000Z,stdout tensorboard"))
    }

    @Test(arguments: [
        ("Digits Run #3", "digits-run-3"), ("手写 数字", "手写-数字"), ("../..", "run"), ("", "run"), ("-a-", "a"),
        ("a/b\u{0}c", "a-b-c"), (String(repeating: "好", count: 90), String(repeating: "好", count: 20)),
    ])
    func slugsAreSafe(name: String, slug: String) {
        #expect(Slug.make(name) == slug)
    }

    @Test func thePrimaryMetricIsTheMostTelling() {
        let all = ["train_loss", "train_acc", "val_loss", "val_acc", "lr"].map { series($0, 2) { $0 } }
        #expect(MetricChoice.primary(nil, among: all) == PrimaryMetric(metric: "val_acc", goal: .max))
        #expect(MetricChoice.primary(nil, among: Array(all[..<1])) == PrimaryMetric(metric: "train_loss", goal: .min))
        #expect(MetricChoice.primary(nil, among: [all[4]]) == nil)
    }
}
