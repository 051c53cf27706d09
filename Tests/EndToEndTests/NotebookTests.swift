import Glibc
import HostSystem
import TestSupport
import Testing

/// Notebooks from the command to the entry, by the real nbclient in a locked environment.
@Suite(.serialized) struct NotebookTests {
    private func withProject(_ packages: String = "nbclient, ipykernel, matplotlib", _ body: (Project) throws -> Void)
        throws
    {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            try project.write("packages: [\(packages)]\n", to: "bunsen.yaml")
            try body(project)
        }
    }

    private func notebook(_ cells: [(source: String, tag: String?)], language: String = "python") -> String {
        func quoted(_ text: String) -> String {
            "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
        }
        let list = cells.map { source, tag in
            let tags = tag.map { "\"tags\": [\(quoted($0))]" } ?? ""
            return "{\"cell_type\": \"code\", \"metadata\": {\(tags)}, \"source\": \(quoted(source)), "
                + "\"outputs\": [], \"execution_count\": null}"
        }
        return "{\"cells\": [\(list.joined(separator: ", "))], \"nbformat\": 4, \"nbformat_minor\": 4, "
            + "\"metadata\": {\"kernelspec\": {\"name\": \"mine\", \"display_name\": \"Mine\", "
            + "\"language\": \"\(language)\"}}}"
    }

    private let training = """
        import helper
        for step in range(steps):
            print(f"step={step} loss={helper.loss(step, lr)}")
        """

    private let drawing = """
        import matplotlib.pyplot as plt
        plt.plot([1, 2, 3])
        plt.show()
        """

    @Test func aNotebookBecomesARunWithItsMetricsAndFigures() throws {
        try withProject { project in
            try project.write("def loss(step, lr):\n    return lr / (step + 1)\n", to: "books/helper.py")
            let cells = [("lr = 0.5\nsteps = 4\nname = 'x'", "parameters" as String?), (training, nil), (drawing, nil)]
            try project.write(notebook(cells), to: "books/train.ipynb")
            let run = try project.bunsen("run", "-P", "lr=0.25", "-P", "speed=3", "books/train.ipynb")
            try #require(run.succeeded, "\(run.errorText)")
            #expect(run.outputText.contains("step=0 loss=0.25\nstep=1 loss=0.125\n"))
            #expect(run.errorText.contains("the parameters cell does not assign speed"))

            let folder = try project.latestRun()
            let manifest = try JSONValue(parsing: Files.read("\(folder)/run.json"))
            #expect(manifest["summary"]["last"]["loss"].number == 0.0625)
            #expect(manifest["notebook"]["path"].string == "books/train.ipynb")
            #expect(manifest["notebook"]["done"].number == 4, "the injected cell is one of them")
            #expect(manifest["command"]["arguments"][0].string == "books/train.ipynb")
            let parameters = manifest["parameters"].array
            func source(_ name: String) -> String? { parameters.first { $0["name"].string == name }?["source"].string }
            #expect(source("lr") == "-P" && source("steps") == "train.ipynb" && source("name") == "train.ipynb")

            let entry = try #require(project.entries().first)
            #expect(entry.value.contains("[train.ipynb](notebook/train.ipynb), all 4 cells executed."))
            #expect(entry.value.contains("![Cell [4]](notebook/cell-4-1.png)"))
            let files = "\(project.folder)/log/\(entry.key)/notebook"
            #expect(try Files.read("\(files)/cell-4-1.png").starts(with: [0x89, 0x50, 0x4e, 0x47]))
            let executed = try JSONValue(parsing: Files.read("\(files)/train.ipynb"))
            #expect(executed["cells"][1]["metadata"]["tags"][0].string == "injected-parameters")
            #expect(executed["cells"][1]["source"][1].string == "lr = 0.25\n")
            #expect(executed["cells"][2]["outputs"].array.isEmpty == false)
            #expect(try project.read("books/train.ipynb") == notebook(cells), "the notebook itself is not written to")
            let again = try project.bunsen("record", "latest", "--force")
            #expect(again.succeeded, "\(again.errorText)")
            #expect(try project.entries()[entry.key]?.contains("notebook/cell-4-1.png") == true)
        }
    }

    @Test func aCellThatFailsEndsTheRunAndKeepsWhatWasDone() throws {
        try withProject { project in
            let cells = [("print('first')", nil as String?), ("values = []\nvalues[3]", nil), ("print('never')", nil)]
            try project.write(notebook(cells), to: "bad.ipynb")
            let run = try project.bunsen("run", "--", "bad.ipynb")
            #expect(run.end == .exited(code: 1))
            #expect(run.outputText == "first\n")
            #expect(
                run.errorText.contains("IndexError: list index out of range") && run.errorText.contains("values[3]"))
            let manifest = try #require(project.manifests().first)
            #expect(manifest["end"]["status"].string == "failed")
            #expect(
                manifest["end"]["reason"].string == "cell [2] failed: IndexError: list index out of range")
            #expect(manifest["notebook"]["failedCell"].number == 2)
            let entry = try #require(project.entries().first)
            #expect(entry.value.contains("1 of 3 cells executed"))
            #expect(entry.value.contains("IndexError: list index out of range"))
            let kept = try Files.readText("\(project.folder)/log/\(entry.key)/notebook/bad.ipynb")
            #expect(kept.contains("first") && kept.contains("IndexError"))
        }
    }

    @Test func ctrlCInterruptsTheKernelAndLeavesNone() throws {
        try withProject { project in
            let mark = "\(project.folder)/pid"
            let cells = [
                ("import os, time\nopen('pid', 'w').write(str(os.getpid()))", nil as String?),
                ("print('sleeping')\ntime.sleep(300)", nil), ("print('never')", nil),
            ]
            try project.write(notebook(cells), to: "slow.ipynb")
            let running = try project.start("run", "slow.ipynb")
            #expect(eventually(120) { project.latestLog().contains("sleeping") })
            let kernel = try #require(pid_t(Files.readText(mark)))
            kill(running.child.id, SIGINT)
            #expect(running.child.wait() == .exited(code: 130))
            #expect(kill(kernel, 0) == -1, "no kernel outlives the run")
            let manifest = try #require(project.manifests().first)
            #expect(manifest["end"]["status"].string == "stopped")
            #expect(manifest["notebook"]["done"].number == 1)
        }
    }

    @Test func noKernelOutlivesABunsenThatIsKilled() throws {
        try withProject { project in
            let cells = [
                ("import os, time\nopen('pid', 'w').write(str(os.getpid()))", nil as String?),
                ("print('sleeping')\ntime.sleep(300)", nil),
            ]
            try project.write(notebook(cells), to: "slow.ipynb")
            let running = try project.start("run", "slow.ipynb")
            #expect(eventually(120) { project.latestLog().contains("sleeping") })
            let kernel = try #require(pid_t(Files.readText("\(project.folder)/pid")))
            kill(running.child.id, SIGKILL)
            _ = running.child.wait()
            #expect(eventually(30) { kill(kernel, 0) == -1 })
        }
    }

    @Test func secretsThatACellPrintsStayOutOfTheEntry() throws {
        try withProject { project in
            try project.write(notebook([("import os\nprint(os.environ['MY_TOKEN'])", nil)]), to: "a.ipynb")
            let run = try project.bunsen("run", "-e", "MY_TOKEN=q8Zr-53kkw-xx0", "a.ipynb")
            try #require(run.succeeded, "\(run.errorText)")
            let entry = try #require(project.entries().first)
            let kept = try Files.readText("\(project.folder)/log/\(entry.key)/notebook/a.ipynb")
            #expect(!kept.contains("q8Zr-53kkw-xx0") && kept.contains("[redacted]"))
        }
    }

    @Test func whatIsNoNotebookIsSaidBeforeAnythingRuns() throws {
        try withProject { project in
            try project.write("[1", to: "broken.ipynb")
            let broken = try project.bunsen("run", "broken.ipynb")
            #expect(broken.end == .exited(code: 1) && broken.errorText.contains("cannot be read as a notebook"))
            try project.write(notebook([("1 + 1", nil)], language: "R"), to: "r.ipynb")
            #expect(try project.bunsen("run", "r.ipynb").errorText.contains("written in R"))
            let missing = try project.bunsen("run", "none.ipynb")
            #expect(missing.end == .exited(code: 66) && missing.errorText.contains("no notebook none.ipynb"))
            let script = try project.bunsen("run", "train.py")
            #expect(script.end == .exited(code: 64) && script.errorText.contains("after two dashes"))
            let extra = try project.bunsen("run", "--", "broken.ipynb", "--lr", "1")
            #expect(extra.end == .exited(code: 64) && extra.errorText.contains("-P lr=3e-4"))
        }
    }

    @Test func anEnvironmentWithoutJupyterSaysWhatToAdd() throws {
        try withProject("six") { project in
            try project.write(notebook([("1 + 1", nil)]), to: "a.ipynb")
            let result = try project.bunsen("run", "a.ipynb")
            #expect(result.end == .exited(code: 65), "\(result.errorText)")
            #expect(result.errorText.contains("nbclient") && result.errorText.contains("tools: [jupyter]"))
            #expect(!Files.exists("\(project.folder)/log"))
        }
    }

    /// The program that executes a notebook takes secrets out of what it writes, from the first time on.
    @Test func aSecretThatACellPrintsIsInNoFile() throws {
        try withProject("nbclient, ipykernel") { project in
            var project = project
            project.environment["PLUM"] = "qX7 \"plum\"\nsecond line"
            let cell = """
                import os
                print(os.environ["PLUM"])
                plum = {"is": os.environ["PLUM"]}
                plum
                """
            let failing = "raise ValueError(os.environ['PLUM'])"
            try project.write(notebook([(cell, nil), (failing, nil)]), to: "t.ipynb")
            let run = try project.bunsen("run", "--secret", "PLUM", "t.ipynb")
            #expect(run.end == .exited(code: 1))
            #expect(run.outputText.hasPrefix("[redacted]\n"), "\(run.outputText)")
            try project.write("second line\nqX7 \"plum\"\nqX7 \\\\\"plum\n", to: "../pattern-\(getpid())")
            let found = try project.shell("grep -rlF -f ../pattern-\(getpid()) .bunsen log; rm ../pattern-\(getpid())")
            #expect(found.outputText.isEmpty, "\(found.outputText)")
            let executed = try Files.readText("\(project.latestRun())/notebook/t.ipynb")
            #expect(executed.contains("[redacted]"))
            _ = try JSONValue(parsing: Array(executed.utf8))
        }
    }
}
