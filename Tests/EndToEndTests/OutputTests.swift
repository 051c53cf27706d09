import Glibc
import HostSystem
import TestSupport
import Testing

/// What programs print, in all its forms.
@Suite struct OutputTests {
    private func inProject(_ body: (Project) throws -> Void) throws {
        try withTemporaryFolder { try body(Project(folder: $0)) }
    }

    @Test func bytesThatAreNotUTF8ArriveUnchanged() throws {
        try inProject { project in
            let result = try project.bunsen("run", "--", "printf", "a\\377\\376b loss=0.5 step=1\\n")
            #expect(result.output == [97, 255, 254] + Array("b loss=0.5 step=1\n".utf8))
            let log = try Files.read("\(project.latestRun())/output.log")
            #expect(log.contains(255))
        }
    }

    @Test func aLineOfAHundredMegabytesIsKeptWhole() throws {
        try inProject { project in
            let result = try project.bunsen(
                arguments: [
                    "run", "--", "sh", "-c", "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo step=1 loss=0.25",
                ])
            #expect(result.end == .exited(code: 0))
            let kept = try Tool(executable: "/bin/sh", environment: project.environment, workingFolder: project.folder)
                .run(
                    ["-c", "tr -cd x < '\(project.latestRun())/output.log' | wc -c"])
            #expect(kept.outputText == "100000000\n")
            #expect(try project.manifests().first?["summary"]["last"]["loss"].number == 0.25)
        }
    }

    @Test func progressBarsSurviveOnATerminalAndDoNotFloodTheLog() throws {
        try inProject { project in
            try project.write(
                """
                import sys, time
                assert sys.stderr.isatty() and sys.stdout.isatty()
                for i in range(200):
                    sys.stderr.write(f'\\r{i + 1}/200 [loss=0.{i:03}]')
                    sys.stderr.flush()
                sys.stderr.write('\\n')
                print('done loss=0.5 step=200')
                """, to: "t.py")
            let script = try #require(findExecutable("script", searchPath: "/usr/bin", from: "/"))
            let command = "\(Project.program) run -- python3 t.py"
            let result = try Tool(
                executable: script, environment: project.environment, workingFolder: project.folder
            ).run(["-qec", command, "/dev/null"], timeout: 60)
            #expect(result.end == .exited(code: 0), "\(result.outputText)")
            #expect(result.outputText.contains("\r150/200 [loss=0.149]"))
            let lines = try Files.readText("\(project.latestRun())/output.log").split(separator: "\n")
            #expect(lines.count == 2, "\(lines.prefix(5))")
            #expect(lines.contains { $0.hasSuffix("stderr F 200/200 [loss=0.199]") })
        }
    }

    @Test func aReaderThatGoesAwayDoesNotEndTheRun() throws {
        try inProject { project in
            let shell = Tool(executable: "/bin/sh", environment: project.environment, workingFolder: project.folder)
            let loop = "i=0; while [ $i -lt 2000 ]; do echo step=$i loss=0.5; i=$((i+1)); done"
            _ = try shell.run(["-c", "'\(Project.program)' run -- sh -c '\(loop)' | head -1"], timeout: 60)
            let run = try #require(try project.manifests().first)
            #expect(run["end"]["status"].string == "finished")
            #expect(run["summary"]["points"].number == 2000)
        }
    }

    @Test func secretsAreInNoFileOfTheRecord() throws {
        try inProject { project in
            var project = project
            project.environment["MY_API_TOKEN"] = "tok-1234567890"
            try project.bunsen(
                "run", "-e", "WANDB_API_KEY=key-abcdefghij", "--", "sh", "-c", "echo loss=1", "--token", "arg-secret-1",
                "tok-1234567890")
            let grep = try Tool(executable: "/bin/grep", environment: [:], workingFolder: project.folder).run(
                ["-rlE", "tok-1234567890|key-abcdefghij|arg-secret-1", "."])
            #expect(grep.outputText == "")
        }
    }

    @Test func aFullDiskStopsTheRecordAndNotTheTraining() throws {
        try #require(getuid() == 0, "mounting a small file system needs root")
        try inProject { project in
            let state = "\(project.folder)/.bunsen"
            try Files.makeFolder(state)
            try #require(mount("tmpfs", state, "tmpfs", 0, "size=2m") == 0)
            defer { umount2(state, Int32(MNT_DETACH)) }
            let loop = "for i in range(30000): print(f'step {i} loss=0.5 ' + 'x' * 200)"
            try project.write("\(loop)\nprint('the training goes on')\n", to: "t.py")
            let result = try project.bunsen("run", "--", "python3", "t.py", timeout: 120)
            #expect(result.outputText.contains("the training goes on"))
            #expect(result.errorText.contains("no space left on device"))
            let journal = try Files.readText("\(project.latestRun())/journal.jsonl")
            #expect(journal.contains("\"step\":0,"))
            for line in journal.split(separator: "\n").dropLast() {
                #expect((try? JSONValue(parsing: Array(line.utf8))) != nil, "every whole line can be read")
            }
        }
    }

    @Test func aFolderThatCannotBeWrittenIsAnErrorBeforeTheCommandStarts() throws {
        try #require(getuid() == 0, "mounting needs root")
        try inProject { project in
            try #require(mount("tmpfs", project.folder, "tmpfs", UInt(MS_RDONLY), "size=1m") == 0)
            defer { umount2(project.folder, Int32(MNT_DETACH)) }
            let result = try project.bunsen("run", "--", "touch", "/tmp/bunsen-must-not-exist-\(getpid())")
            #expect(result.end == .exited(code: 125))
            #expect(result.errorText.contains("read-only file system"))
            #expect(!Files.exists("/tmp/bunsen-must-not-exist-\(getpid())"))
        }
    }
}
