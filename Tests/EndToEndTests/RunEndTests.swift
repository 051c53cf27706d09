import Glibc
import HostSystem
import TestSupport
import Testing

/// How runs end, and what is left of them: the true end, whatever happens.
@Suite struct RunEndTests {
    private func inProject(_ body: (Project) throws -> Void) throws {
        try withTemporaryFolder { try body(Project(folder: $0)) }
    }

    @Test func aFinishedRunLeavesItsMetricsInAnEntry() throws {
        try inProject { project in
            try project.write(
                "for i in range(5): print(f'step {i} loss={1 / (i + 1):.4f} acc: {i * 20}%')\n", to: "train.py")
            let result = try project.bunsen("run", "--name", "first", "--", "python3", "train.py", "--lr", "3e-4")
            #expect(result.end == .exited(code: 0), "\(result.errorText)")
            #expect(result.outputText.contains("step 4 loss=0.2000"), "the output still reaches the person")
            let run = try #require(try project.manifests().first)
            #expect(run["end"]["status"].string == "finished")
            #expect(run["end"]["lastStep"].number == 4)
            #expect(run["parameters"][0]["name"].string == "lr")
            #expect(run["summary"]["last"]["loss"].number == 0.2)
            let (folder, entry) = try #require(try project.entries().first)
            #expect(folder.hasSuffix("-first"))
            #expect(entry.contains("| `lr` | `3e-4` | argv |"))
            #expect(Files.exists("\(project.folder)/log/\(folder)/figures/loss.svg"))
            let csv = try project.read("log/\(folder)/metrics.csv")
            #expect(csv.contains("loss,4,"))
        }
    }

    @Test func theCommandsExitCodeIsBunsensOwn() throws {
        try inProject { project in
            let result = try project.bunsen("run", "--", "sh", "-c", "echo loss=1; exit 3")
            #expect(result.end == .exited(code: 3))
            let run = try #require(try project.manifests().first)
            #expect(run["end"]["status"].string == "failed")
            #expect(run["end"]["exitCode"].number == 3)
            #expect(try project.entries().count == 1)
        }
    }

    @Test func aCommandThatIsNotThereOrCannotRunLeavesNoRun() throws {
        try inProject { project in
            let missing = try project.bunsen("run", "--", "no-such-program", "x")
            #expect(missing.end == .exited(code: 127))
            #expect(missing.errorText.contains("no-such-program"))
            try project.write("print(1)", to: "train.py")
            let notExecutable = try project.bunsen("run", "--", "./train.py")
            #expect(notExecutable.end == .exited(code: 126))
            #expect(notExecutable.errorText.contains("hint:"))
            #expect(notExecutable.errorText.contains("python train.py"))
            #expect((try? project.manifests()) ?? [] == [])
            #expect(try project.entries().isEmpty)
        }
    }

    @Test func aKilledCommandIsReportedAsKilled() throws {
        try inProject { project in
            let result = try project.bunsen("run", "--", "sh", "-c", "echo step=7 loss=1; kill -9 $$")
            #expect(result.end == .exited(code: 137))
            let run = try #require(try project.manifests().first)
            #expect(run["end"]["status"].string == "killed")
            #expect(run["end"]["signal"].number == 9)
            #expect(run["end"]["lastStep"].number == 7)
        }
    }

    @Test func exhaustedMemoryIsNamedWithTheStep() throws {
        try inProject { project in
            try project.write(
                "import sys\nprint('step 812 loss=0.5', flush=True)\n"
                    + "sys.exit('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB')\n", to: "t.py"
            )
            try project.bunsen("run", "--", "python3", "t.py")
            let run = try #require(try project.manifests().first)
            #expect(run["end"]["status"].string == "out-of-memory")
            #expect(run["end"]["reason"].string?.contains("at step 812") == true)
        }
    }

    @Test func ctrlCReachesTheScriptAndTheRunIsStopped() throws {
        try inProject { project in
            try project.write(
                """
                import time
                print('loss=1', flush=True)
                try:
                    time.sleep(60)
                except KeyboardInterrupt:
                    print('saved', flush=True)
                    raise SystemExit(130)
                """, to: "t.py")
            let running = try project.start("run", "--", "python3", "t.py")
            #expect(eventually { project.latestLog().contains("loss=1") })
            kill(running.child.id, SIGINT)
            #expect(running.child.wait() == .exited(code: 130))
            #expect(project.latestLog().contains("saved"))
            #expect(try project.manifests().first?["end"]["status"].string == "stopped")
        }
    }

    @Test func aScriptThatIgnoresRequestsIsKilledInTheEnd() throws {
        try inProject { project in
            try project.write(
                "trap '' INT TERM; echo loss=1; while :; do sleep 0.1; done\n", to: "t.sh")
            let running = try project.start("run", "--", "sh", "t.sh")
            #expect(eventually { project.latestLog().contains("loss=1") })
            for _ in 0..<3 {
                kill(running.child.id, SIGINT)
                usleep(300_000)
            }
            #expect(running.child.wait() == .exited(code: 137))
            #expect(try project.manifests().first?["end"]["status"].string == "stopped")
        }
    }

    @Test func aKilledSupervisorLeavesAnInterruptedRunWithEveryPoint() throws {
        try inProject { project in
            try project.write(
                "import time\nfor i in range(100000):\n    print(f'step {i} loss=0.5', flush=True)\n    time.sleep(0.01)\n",
                to: "t.py")
            let running = try project.start("run", "--", "python3", "t.py")
            #expect(eventually { project.latestLog().contains("step 50 ") })
            kill(running.child.id, SIGKILL)
            _ = running.child.wait()
            let listed = try JSONValue(parsing: project.bunsen("runs", "--format", "json").output)
            #expect(listed[0]["status"].string == "interrupted")
            let journal = try Files.readText("\(project.latestRun())/journal.jsonl")
            #expect(journal.contains("\"step\":50,"))
            let recorded = try project.bunsen("record", "latest")
            #expect(recorded.end == .exited(code: 0), "\(recorded.errorText)")
            #expect(try project.entries().first?.value.contains("interrupted") == true)
        }
    }

    @Test func processesThatTheCommandLeavesBehindAreStopped() throws {
        try inProject { project in
            let result = try project.bunsen(
                "run", "--", "sh", "-c", "setsid sleep 300 & echo $! > pid; echo loss=1", timeout: 60)
            #expect(result.end == .exited(code: 0))
            let pid = try #require(pid_t(try project.read("pid").split(separator: "\n").first.map(String.init) ?? ""))
            #expect(kill(pid, 0) != 0)
            #expect(result.errorText.contains("left 1 process running"))
        }
    }

    @Test func tenRunsAtOnceMakeTenEntries() throws {
        try inProject { project in
            let running = try (0..<10).map { index in
                try project.start("run", "--name", "same", "--", "sh", "-c", "echo step=1 loss=0.\(index)")
            }
            for one in running { #expect(one.child.wait() == .exited(code: 0)) }
            #expect(try project.manifests().count == 10)
            #expect(try project.entries().count == 10)
        }
    }
}
