import Glibc
import HostSystem
import TestSupport
import Testing

/// Lists, logs, notes and removals, as text and as JSON.
@Suite struct LookingBackTests {
    /// Three runs: `slow` and `fast` finished, `broken` failed.
    private func withRuns(_ body: (Project) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            try project.write(
                """
                import sys
                rate = float(sys.argv[2])
                for step in range(3): print(f'step {step} val_acc={rate * (step + 1):.3f}')
                print('a word on stderr', file=sys.stderr)
                sys.exit(int(sys.argv[4]))
                """, to: "t.py")
            for (name, rate, code) in [("slow", "0.1", "0"), ("fast", "0.3", "0"), ("broken", "0.2", "1")] {
                try project.bunsen("run", "--name", name, "--", "python3", "t.py", "--lr", rate, "--code", code)
            }
            try body(project)
        }
    }

    @Test func runsAreListedSortedAndFiltered() throws {
        try withRuns { project in
            let names = try project.json("runs").array.map { $0["name"].string }
            #expect(names == ["broken", "fast", "slow"], "the newest first")
            let sorted = try project.json("runs", "--sort", "val_acc:desc").array.map { $0["name"].string }
            #expect(sorted == ["fast", "broken", "slow"])
            let filtered = try project.json("runs", "--filter", "status=finished lr<0.2")
            #expect(filtered.array.count == 1)
            #expect(filtered[0]["name"].string == "slow")
            #expect(filtered[0]["parameters"]["lr"].number == 0.1)
            #expect(filtered[0]["metrics"]["val_acc"].number == 0.3)
            #expect(try project.json("runs", "--filter", "name=nobody").array.isEmpty)

            let table = try project.bunsen("runs", "--sort", "lr").outputText.split(separator: "\n")
            #expect(table.count == 4 && table[0].contains("lr") && table[1].contains("slow"))
            let mistake = try project.bunsen("runs", "--filter", "vall_acc>0.1")
            #expect(mistake.end == .exited(code: 64))
            #expect(mistake.errorText.contains("did you mean val_acc?"))
        }
    }

    @Test func theIndexCanBeDeletedAtAnyTime() throws {
        try withRuns { project in
            let before = try project.bunsen("runs", "--format", "json").output
            for damage in ["rm .bunsen/index.sqlite", "echo nonsense > .bunsen/index.sqlite"] {
                try project.shell(damage)
                #expect(try project.bunsen("runs", "--format", "json").output == before)
            }
        }
    }

    @Test func aRunIsShownAsTextAndJSON() throws {
        try withRuns { project in
            let shown = try project.json("show", "fast")
            #expect(shown["status"].string == "finished")
            #expect(shown["metrics"]["val_acc"]["maximum"].number == 0.9)
            #expect(shown["manifest"]["command"]["arguments"].array.count == 6)
            #expect(Files.exists(shown["entry"].string ?? ""))
            let text = try project.bunsen("show", "broken").outputText
            #expect(text.contains("failed") && text.contains("exit code 1") && text.contains("val_acc"))
            let unknown = try project.bunsen("show", "nobody")
            #expect(unknown.end == .exited(code: 66))
            #expect(unknown.errorText.contains("hint: list them: bunsen runs"))
        }
    }

    @Test func logsArePrintedInEveryForm() throws {
        try withRuns { project in
            let last = try project.bunsen("logs", "fast", "-n", "1").outputText
            #expect(["step 2 val_acc=0.900\n", "a word on stderr\n"].contains(last))
            #expect(try project.bunsen("logs", "fast", "--stderr").outputText == "a word on stderr\n")
            let timed = try project.bunsen("logs", "fast", "-t").outputText.split(separator: "\n")
            #expect(timed.count == 4 && timed.allSatisfy { $0.hasPrefix("20") && $0.contains("Z ") })
            let lines = try project.bunsen("logs", "fast", "--format", "json").outputText.split(separator: "\n")
            let objects = try lines.map { try JSONValue(parsing: Array($0.utf8)) }
            #expect(objects.count == 4)
            let error = try #require(objects.first { $0["stream"].string == "stderr" })
            #expect(error["text"].string == "a word on stderr" && error["time"].string?.hasSuffix("Z") == true)
            #expect(error.object.count == 3)

            try project.bunsen("run", "--name", "bytes", "--", "printf", "a\\377b\\n")
            let bytes = try project.json("logs", "bytes")
            #expect(bytes["text"].string == "a\u{fffd}b" && bytes["base64"].string == "Yf9i")
        }
    }

    @Test func logsAreFollowedToTheEndOfTheRun() throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            let script = "echo one; while [ ! -e go ]; do sleep 0.05; done; echo two"
            let running = try project.start("run", "--", "sh", "-c", script)
            #expect(eventually { project.latestLog().contains("one") })
            let following = try project.start("logs", "-f", "latest")
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = bytes.withUnsafeMutableBytes { read(following.output.number, $0.baseAddress, $0.count) }
            #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "one\n")
            try project.write("", to: "go")
            #expect(running.child.wait() == .exited(code: 0))
            let rest = bytes.withUnsafeMutableBytes { read(following.output.number, $0.baseAddress, $0.count) }
            #expect(String(decoding: bytes.prefix(max(0, rest)), as: UTF8.self) == "two\n")
            #expect(following.child.wait() == .exited(code: 0), "it ends with the run")
        }
    }

    @Test func notesGoIntoTheEntryAndRemovalLeavesIt() throws {
        try withRuns { project in
            let entry = try project.json("note", "fast", "lr is too high, 太高")["entry"].string ?? ""
            #expect(try Files.readText(entry).contains("lr is too high, 太高"))
            let again = try project.bunsen("record", "fast")
            #expect(again.end == .exited(code: 0))
            #expect(try Files.readText(entry).contains("lr is too high, 太高"))

            let mistaken = try project.bunsen("rm", "slow", "nobody")
            #expect(mistaken.end == .exited(code: 66))
            #expect(try project.manifests().count == 3, "a mistake in one name removes nothing")
            let removed = try project.json("rm", "slow", "fast")["removed"].array
            #expect(removed.count == 2)
            #expect(try project.json("runs").array.map { $0["name"].string } == ["broken"])
            #expect(Files.exists(entry))
            let noted = try project.bunsen("note", "fast", "too late")
            #expect(noted.end == .exited(code: 66))
        }
    }

    @Test func aRunningRunIsRemovedByForceOnly() throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            let script = "echo one; while [ ! -e go ]; do sleep 0.05; done"
            let running = try project.start("run", "--", "sh", "-c", script)
            #expect(eventually { project.latestLog().contains("one") })
            let refused = try project.bunsen("rm", "latest")
            #expect(refused.end == .exited(code: 75))
            #expect(refused.errorText.contains("hint:"))
            let early = try project.bunsen("record", "latest")
            #expect(early.end == .exited(code: 75))
            #expect(try project.json("runs")[0]["status"].string == "running")
            try project.write("", to: "go")
            #expect(running.child.wait() == .exited(code: 0))
        }
    }
}
