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

    @Test func whatAProgramPrintedOfSecretsIsNotInItsEntry() throws {
        try inProject { project in
            var project = project
            project.environment["MY_API_TOKEN"] = "tok-1234567890"
            try project.bunsen("run", "--", "sh", "-c", "echo using $MY_API_TOKEN at https://me:pw@host/x; exit 1")
            let entry = try Files.readText(project.entryPath())
            #expect(entry.contains("using [redacted] at https://[redacted]@host/x"))
            let log = "\(project.folder)/log"
            #expect(try project.shell("grep -rlE 'tok-1234567890|me:pw' '\(log)'").outputText == "")
            // Written again by the same person: the same.
            try project.bunsen("record", "latest")
            #expect(try Files.readText(project.entryPath()) == entry)
        }
    }

    @Test func aFullDiskStopsTheRecordAndNotTheTraining() throws {
        try inProject { project in
            let loop = "for i in range(30000): print(f'step {i} loss=0.5 ' + 'x' * 200)"
            try project.write("\(loop)\nprint('the training goes on')\n", to: "t.py")
            let result = try mounted(
                project, "mkdir .bunsen kept; mount -t tmpfs -o size=2m none .bunsen",
                "run -- python3 t.py; code=$?; cp -r .bunsen/runs/* kept; exit $code")
            #expect(result.end == .exited(code: 0), "\(result.errorText)")
            #expect(result.outputText.contains("the training goes on"))
            #expect(result.errorText.contains("no space left on device"))
            let run = try #require(try Files.names(in: "\(project.folder)/kept").first)
            let journal = try project.read("kept/\(run)/journal.jsonl")
            #expect(journal.contains("\"step\":0,"))
            for line in journal.split(separator: "\n").dropLast() {
                #expect((try? JSONValue(parsing: Array(line.utf8))) != nil, "every whole line can be read")
            }
        }
    }

    @Test func aFolderThatCannotBeWrittenIsAnErrorBeforeTheCommandStarts() throws {
        try inProject { project in
            try withTemporaryFolder { elsewhere in
                let result = try mounted(
                    project, "mount -t tmpfs -o ro,size=1m none .; cd \"$PWD\"", "run -- touch '\(elsewhere)/started'")
                #expect(result.end == .exited(code: 125), "\(result.errorText)")
                #expect(result.errorText.contains("read-only file system"))
                #expect(!Files.exists("\(elsewhere)/started"))
            }
        }
    }

    /// Runs `bunsen` in a view of the file system of its own, which an ordinary user can have as well as root.
    private func mounted(_ project: Project, _ mounts: String, _ command: String) throws -> Tool.Result {
        let user = getuid() == 0 ? "" : "--map-root-user"
        var project = project
        project.environment["BUNSEN"] = Project.program
        return try project.shell("exec unshare --mount \(user) sh -c \(quoted("\(mounts) && \"$BUNSEN\" \(command)"))")
    }

    private func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
