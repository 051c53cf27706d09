import Glibc
import HostSystem
import TestSupport
import Testing

/// The examples with real PyTorch on the CPU, as a newcomer runs them, on copies of their folders.
@Suite(.serialized) struct ExampleTests {
    private func inExample(_ name: String, _ body: (Project) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            try project.copyExample(name)
            try body(project)
        }
    }

    @Test func digitsIsLearntAndLeavesACompleteEntry() throws {
        try inExample("digits") { project in
            let result = try project.bunsen("run", "--", "python", "train.py", "--epochs", "12", "--lr", "1e-3")
            try #require(result.succeeded, "\(result.errorText)")
            #expect(result.errorText.contains("best val_acc"))
            let run = try project.json("show", "latest")
            #expect(run["status"].string == "finished")
            #expect(run["manifest"]["summary"]["primaryValue"].number ?? 0 > 0.95)
            #expect(run["manifest"]["torch"]["version"].string?.hasPrefix("2.13") == true)
            #expect(run["manifest"]["environment"]["lockDigest"].string?.hasPrefix("sha256:") == true)
            #expect(run["metrics"]["val_acc"]["points"].number == 12)
            #expect(run["metrics"]["loss"]["sources"].array.map(\.string) == ["stdout"])
            #expect(run["manifest"]["end"]["lastStep"].number == 540)

            let entry = try project.entryPath()
            let text = try Files.readText(entry)
            let folder = try #require(Files.parent(of: entry))
            for line in ["| `lr` | `0.001` | argv |", "| `epochs` | `12` | argv |", "lr=0.001 · 12 epochs"] {
                #expect(text.contains(line), "\(line)")
            }
            // The learning rate never changes, so the table says so instead of a figure.
            #expect(text.contains("| constant |") && !text.contains("figures/lr.svg"))
            for figure in ["acc", "loss", "machine"] {
                #expect(text.contains("](figures/\(figure).svg)"))
                #expect(try Files.readText("\(folder)/figures/\(figure).svg").contains("</svg>"))
            }
            // One figure shows the training's and the validation's loss together.
            let loss = try Files.readText("\(folder)/figures/loss.svg")
            #expect(loss.contains("train_loss") && loss.contains("val_loss"))
            let table = try Files.readText("\(folder)/metrics.csv").split(
                separator: "\r\n", omittingEmptySubsequences: true
            )
            .flatMap { $0.split(separator: "\n") }
            #expect(table.filter { $0.hasPrefix("val_acc,") }.count == 12)
            #expect(table.filter { $0.hasPrefix("loss,") }.count == 27)
            let manifest = try JSONValue(parsing: Files.read("\(folder)/run.json"))
            #expect(manifest["id"].string == run["manifest"]["id"].string)
            #expect(
                try Files.names(in: "\(folder)/environment")
                    == ["bunsen.lock", "bunsen.yaml", "packages.txt", "pylock.toml"])
            #expect(try Files.read("\(folder)/environment/bunsen.lock") == Files.read("\(project.folder)/bunsen.lock"))
            #expect(try Files.readText("\(folder)/environment/packages.txt").contains("scikit-learn=="))
        }
    }

    @Test func whatDigitsLogsToTensorBoardIsInTheEntry() throws {
        try inExample("digits") { project in
            let result = try project.bunsen("run", "--", "python", "train_tensorboard.py", "--epochs", "3")
            try #require(result.succeeded, "\(result.errorText)")
            let run = try project.json("show", "latest")
            for name in ["train_loss", "val_loss", "val_acc"] {
                #expect(run["metrics"][name]["points"].number == 3)
                #expect(run["metrics"][name]["sources"].array.map(\.string) == ["tensorboard"])
            }
            let parameters = run["manifest"]["parameters"].array
            #expect(parameters.contains { $0["name"].string == "epochs" && $0["source"].string == "argv" })
            #expect(parameters.contains { $0["name"].string == "hidden" && $0["source"].string == "tensorboard" })
            let entry = try project.entryPath()
            let text = try Files.readText(entry)
            #expect(text.contains("![digits, step 0](media/digits-0.png)"))
            #expect(text.contains("SimpleNet("), "the text that the program logged")
            let image = try Files.read("\(Files.parent(of: entry) ?? "")/media/digits-0.png")
            #expect(image.starts(with: [0x89, 0x50, 0x4e, 0x47]))
            let journal = try Files.readText("\(project.latestRun())/journal.jsonl")
            #expect(journal.contains("\"histogram\":\"hidden/weight\""))
        }
    }

    /// The same value printed and logged is one point, with both sources.
    @Test func aValueThatIsPrintedAndLoggedIsKeptOnce() throws {
        try inExample("digits") { project in
            try project.write(
                """
                import sys, torch
                from torch.utils.tensorboard import SummaryWriter
                from tqdm import tqdm
                with SummaryWriter() as writer:
                    for step in tqdm(range(1, 41)):
                        loss = torch.tensor(1 / step).item()
                        print(f'step {step} loss={loss:.4f}', flush=True)
                        writer.add_scalar('loss', loss, step)
                """, to: "both.py")
            let recipe = try project.read("bunsen.yaml").replacing("tensorboard]", with: "tensorboard, tqdm]")
            try project.write(recipe, to: "bunsen.yaml")
            let result = try project.bunsen("run", "--", "python", "both.py")
            try #require(result.succeeded, "\(result.errorText)")
            let loss = try project.json("show", "latest")["metrics"]["loss"]
            #expect(loss["points"].number == 40)
            #expect(loss["sources"].array.map(\.string) == ["stdout", "tensorboard"])
            #expect(loss["last"].number.map { abs($0 - 0.025) < 1e-6 } == true)
            let csv = try Files.readText("\(Files.parent(of: project.entryPath()) ?? "")/metrics.csv")
            #expect(csv.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("loss,") }.count == 40)
            // tqdm's bar was redrawn many times, and the log has its last state only.
            let bars = project.latestLog().split(separator: "\n").filter { $0.contains("stderr") }
            #expect(bars.count == 1 && bars.first?.contains("40/40") == true, "\(bars.prefix(3))")
        }
    }

    @Test func resNetInTwoProcessesIsComparedWithAndWithoutMixUp() throws {
        try inExample("resnet18-ddp") { project in
            for mixup in ["0.2", "0"] {
                let result = try project.bunsen(
                    "run", "--name", "mixup-\(mixup)", "--", "torchrun", "--standalone", "--nproc_per_node", "2",
                    "train.py", "--mixup", mixup, "--epochs", "1", "--lr", "3e-4", "--batch-size", "128")
                try #require(result.succeeded, "\(result.errorText)\(result.outputText)")
                #expect(result.outputText.contains("ResNet-18 on 2 x cpu"))
            }
            let run = try project.json("show", "latest")
            #expect(run["manifest"]["worldSize"].number == 2)
            #expect(run["metrics"]["val_acc"]["points"].number == 1)
            #expect(run["metrics"]["loss"]["points"].number ?? 0 > 0)
            #expect(try Files.readText(project.entryPath()).contains("Batch 128 × 2 processes → 256"))

            let table = try project.bunsen("runs", "--sort", "mixup").outputText.split(separator: "\n")
            try #require(table.count == 3)
            // Of the parameters only the one that differs is a column.
            #expect(table[0].contains("mixup") && table[0].contains("val_acc"))
            #expect(!table[0].contains("lr") && !table[0].contains("batch"))
            #expect(table[1].contains("mixup-0 ") && table[2].contains("mixup-0.2"))
        }
    }

    @Test func theTourChecksItself() throws {
        try inExample("tour") { project in
            let result = try project.bunsen("run", "--", "python", "tour.py")
            try #require(result.succeeded, "\(result.errorText)\(result.outputText)")
            #expect(result.outputText.contains("[[14.0, 32.0], [32.0, 77.0]]"))
            #expect(result.outputText.hasSuffix("all checks passed\n"))
            #expect(try Files.readText(project.entryPath()).contains("PyTorch | 2.13"))
        }
    }
}
