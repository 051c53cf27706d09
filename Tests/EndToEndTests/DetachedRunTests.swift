import Glibc
import HostSystem
import TestSupport
import Testing

/// Runs that go on in the background: `bunsen run --detach`, `attach` and `stop`.
@Suite struct DetachedRunTests {
    private func inProject(_ body: (Project) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            defer { end(project) }
            try body(project)
        }
    }

    /// Ends what a test that failed on its way has left.
    private func end(_ project: Project) {
        for manifest in (try? project.manifests()) ?? [] {
            if let id = manifest["supervisor"]["id"].number.map({ pid_t($0) }) { kill(id, SIGKILL) }
        }
    }

    /// Prints a line, and another one when there is a file `go`.
    private static let waiting = "echo loss=1; echo noise >&2; while [ ! -e go ]; do sleep 0.05; done; echo loss=0.5"

    /// Starts a run in the background and returns its id.
    private func detach(_ script: String, in project: Project, name: String = "background") throws -> String {
        let result = try project.bunsen("run", "--detach", "--name", name, "--", "sh", "-c", script, timeout: 60)
        try #require(result.succeeded, "\(result.errorText)")
        let id = String(result.outputText.dropLast())
        try #require(result.outputText == "\(id)\n" && id.utf8.count == 36, "\(result.outputText)")
        return id
    }

    private func supervisor(of project: Project) throws -> pid_t {
        pid_t(try #require(try project.manifests().last?["supervisor"]["id"].number))
    }

    @Test func theIdIsPrintedAndTheRunIsRecordedToItsEnd() throws {
        try inProject { project in
            let result = try project.bunsen(
                "run", "-d", "--name", "background", "--", "sh", "-c", Self.waiting + "; env >variables; exit 3",
                timeout: 60)
            #expect(result.end == .exited(code: 0))
            let id = String(result.outputText.dropLast())
            #expect(try project.json("show", id)["status"].string == "running")
            let short = id.suffix(8)
            for hint in ["bunsen attach \(short)", "bunsen logs -f \(short)", "bunsen stop \(short)"] {
                #expect(result.errorText.contains(hint))
            }
            #expect(!result.errorText.contains("noise") && !result.outputText.contains("loss"))
            let log = "\(try project.latestRun())/supervisor.log"
            var status = stat()
            try #require(stat(log, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            try project.write("", to: "go")
            let attached = try project.bunsen("attach", id, timeout: 60)
            #expect(attached.end == .exited(code: 3))
            #expect(attached.outputText == "loss=1\nloss=0.5\n")
            #expect(attached.errorText.hasPrefix("noise\n") && attached.errorText.contains("failed"))
            let end = try #require(try project.manifests().first)
            #expect(end["end"]["exitCode"].number == 3 && end["summary"]["points"].number == 2)
            #expect(end["supervisor"] == .null, "nobody stays with it any more")
            #expect(try project.entries().count == 1)
            #expect(attached.errorText.contains("entry: log/"))
            #expect(try Files.readText(log).contains("entry: log/"))
            #expect(try !project.read("variables").contains("BUNSEN_DETACHED"))
        }
    }

    /// A shell in a terminal starts a run; then Ctrl-C, then the terminal is closed.
    @Test func neitherCtrlCNorAClosedTerminalReachesIt() throws {
        try inProject { project in
            try project.write(
                """
                import os, pty, sys, time
                pid, terminal = pty.fork()
                if pid == 0:
                    os.execv("/bin/sh", ["sh", "-c", '"$@" || exit; echo returned; sleep 60', "sh"] + sys.argv[1:])
                seen = b""
                while b"returned" not in seen:
                    seen += os.read(terminal, 4096)
                os.write(terminal, b"\\x03")
                _, status = os.waitpid(pid, 0)
                assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 130, status
                os.close(terminal)
                sys.stdout.buffer.write(seen)
                """, to: "terminal.py")
            let shown = try project.shell(
                "python3 terminal.py '\(Project.program)' run --detach -- sh -c '\(Self.waiting)'")
            #expect(shown.succeeded, "\(shown.errorText)")
            #expect(shown.outputText.contains("goes on in the background"))
            #expect(shown.outputText.contains(Files.name(of: try project.latestRun())))
            usleep(300_000)
            #expect(try project.json("show")["status"].string == "running")
            kill(try supervisor(of: project), SIGHUP)
            usleep(300_000)
            try project.write("", to: "go")
            #expect(try project.bunsen("attach", timeout: 60).end == .exited(code: 0))
            #expect(try project.json("show")["status"].string == "finished")
        }
    }

    /// As long as the run is being prepared, it ends with the one who wants it.
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGKILL]) func whatIsNotReadyYetEndsWithItsParent(_ number: Int32) throws
    {
        try inProject { project in
            // Reading parameters from a pipe that nobody writes to takes for ever.
            try #require(mkfifo("\(project.folder)/p.yaml", 0o600) == 0)
            let running = try project.start("run", "--detach", "--params", "p.yaml", "--", "touch", "started")
            let id = running.child.id
            var child: pid_t?
            #expect(
                eventually {
                    child = pid_t(
                        (try? Files.readText("/proc/\(id)/task/\(id)/children"))?.split(separator: " ").first ?? "")
                    return child.map { (try? Files.readText("/proc/\($0)/stat"))?.contains("(bunsen)") == true }
                        ?? false
                })
            let prepared = try #require(child)
            #expect(eventually(5) { getsid(prepared) == prepared })
            usleep(200_000)
            kill(id, number)
            let end = running.child.wait()
            if number != SIGKILL {
                #expect(end == .exited(code: number == SIGINT ? 130 : 143))
            }
            #expect(eventually(5) { !Files.exists("/proc/\(prepared)/exe") })
            #expect(!Files.exists("\(project.folder)/started"))
        }
    }

    @Test func mistakesAreToldAsWithoutIt() throws {
        try inProject { project in
            for words in [["--", "no-such-program"], [], ["--data", "nowhere", "--", "true"], ["--", "./"]] {
                let plain = try project.bunsen(arguments: ["run"] + words, timeout: 60)
                let detached = try project.bunsen(arguments: ["run", "--detach"] + words, timeout: 60)
                #expect(plain.end == detached.end && !detached.end.succeeded, "\(words)")
                #expect(plain.errorText == detached.errorText && detached.outputText.isEmpty)
            }
            #expect((try? project.manifests()) ?? [] == [])
        }
    }

    @Test func aKilledSupervisorLeavesAnInterruptedRun() throws {
        try inProject { project in
            let id = try detach("echo $$ >pid; echo loss=1; exec sleep 300", in: project)
            #expect(eventually { project.latestLog().contains("loss=1") })
            let command = try #require(pid_t(try project.read("pid").split(separator: "\n").first ?? ""))
            kill(try supervisor(of: project), SIGKILL)
            let attached = try project.bunsen("attach", id, timeout: 60)
            #expect(attached.end == .exited(code: 1) && attached.outputText == "loss=1\n")
            #expect(attached.errorText.contains("was interrupted"))
            #expect(try project.json("runs")[0]["status"].string == "interrupted")
            #expect(eventually(5) { !Files.exists("/proc/\(command)/exe") })
            let stopped = try project.bunsen("stop", id, timeout: 60)
            #expect(stopped.succeeded && stopped.errorText.contains("was interrupted"))
            #expect(try project.bunsen("record", id).succeeded)
            #expect(
                try !Files.readText("\(Files.parent(of: project.entryPath()) ?? "")/run.json").contains(
                    "\"supervisor\""))
        }
    }

    @Test func whoIsAttachedMayLeave() throws {
        try inProject { project in
            let id = try detach(Self.waiting, in: project)
            let attached = try project.start("attach", id)
            var byte = [UInt8](repeating: 0, count: 64)
            let count = read(attached.output.number, &byte, byte.count)
            #expect(String(decoding: byte.prefix(max(0, count)), as: UTF8.self).hasPrefix("loss=1"))
            kill(attached.child.id, SIGINT)
            #expect(attached.child.wait() == .exited(code: 130))
            var said = [UInt8](repeating: 0, count: 4096)
            let size = read(attached.error.number, &said, said.count)
            #expect(String(decoding: said.prefix(max(0, size)), as: UTF8.self).contains("goes on"))
            #expect(try project.json("show", id)["status"].string == "running")
            try project.write("", to: "go")
            #expect(try project.bunsen("attach", id, timeout: 60).outputText == "loss=1\nloss=0.5\n")
        }
    }

    // MARK: Stop

    @Test func stoppingLetsTheCommandSaveItsState() throws {
        try inProject { project in
            let id = try detach(
                "trap 'echo saved; exit 3' TERM; echo loss=1; while :; do sleep 0.05; done", in: project)
            #expect(eventually { project.latestLog().contains("loss=1") })
            let stopped = try project.bunsen("stop", "background", "--format", "json", timeout: 60)
            #expect(stopped.succeeded, "\(stopped.errorText)")
            let told = try JSONValue(parsing: stopped.output)[0]
            #expect(told["id"].string == id && told["status"].string == "stopped" && told["exitCode"].number == 3)
            #expect(project.latestLog().contains("saved"))
            #expect(try project.entries().count == 1, "the entry is there when stop returns")
            let again = try project.bunsen("stop", id, timeout: 60)
            #expect(again.succeeded && again.errorText.contains("it has ended already"))
            let attached = try project.bunsen("attach", id, timeout: 60)
            #expect(attached.end == .exited(code: 3) && attached.outputText == "loss=1\nsaved\n")
        }
    }

    @Test(arguments: [0, 1]) func aCommandThatIgnoresItIsKilledInTime(_ seconds: Int) throws {
        try inProject { project in
            let id = try detach("trap '' TERM; echo loss=1; while :; do sleep 0.05; done", in: project)
            #expect(eventually { project.latestLog().contains("loss=1") })
            let begun = monotonicSeconds()
            let stopped = try project.bunsen("stop", id, "--time", "\(seconds)", timeout: 60)
            #expect(stopped.succeeded && stopped.errorText.contains("stopped by SIGTERM"), "\(stopped.errorText)")
            let duration = monotonicSeconds() - begun
            #expect(duration >= Double(seconds) && duration < Double(seconds) + 6, "\(duration)")
            let end = try #require(try project.manifests().first)["end"]
            #expect(end["status"].string == "stopped" && end["signal"].number == 9)
        }
    }

    /// A run in the foreground of another terminal, and several at once.
    @Test func stopEndsRunsThatWereNotDetached() throws {
        try inProject { project in
            let running = try project.start("run", "--name", "front", "--", "sh", "-c", "echo loss=1; sleep 300")
            #expect(eventually { project.latestLog().contains("loss=1") })
            _ = try detach("echo loss=1; sleep 300", in: project)
            let wrong = try project.bunsen("stop", "front", "nowhere", timeout: 60)
            #expect(wrong.end == .exited(code: 66))
            #expect(try project.json("show", "front")["status"].string == "running", "a mistake stops nothing")
            let stopped = try project.bunsen("stop", "front", "background", timeout: 60)
            #expect(stopped.succeeded, "\(stopped.errorText)")
            #expect(running.child.wait() == .exited(code: 143))
            #expect(try project.manifests().allSatisfy { $0["end"]["status"].string == "stopped" })
        }
    }

    /// The number of a process may have come to mean another one: that is left alone.
    @Test func aProcessThatOnlyHasTheNumberIsNotSignalled() throws {
        try inProject { project in
            let id = try detach("echo loss=1; sleep 300", in: project)
            let other = try Tool(executable: "/bin/sleep", environment: [:]).start(["100"])
            defer {
                kill(other.child.id, SIGKILL)
                _ = other.child.wait()
            }
            let own = try supervisor(of: project)
            let path = "\(try project.latestRun())/run.json"
            let text = try Files.readText(path)
            let changed = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                line.contains("\"id\"") && line.contains("\(own)") ? "\"id\": \(other.child.id)," : String(line)
            }.joined(separator: "\n")
            try #require(changed != text)
            try Files.write(changed, to: path)
            let refused = try project.bunsen("stop", id, timeout: 60)
            #expect(refused.end == .exited(code: 69), "\(refused.errorText)")
            #expect(kill(other.child.id, 0) == 0 && Files.exists("/proc/\(own)/exe"))
            try Files.write(text, to: path)
            #expect(try project.bunsen("stop", id, timeout: 60).succeeded)
        }
    }

    @Test func unknownNamesAreToldAsSuch() throws {
        try inProject { project in
            for command in ["attach", "stop"] {
                let none = try project.bunsen(command, "latest", timeout: 60)
                #expect(none.end == .exited(code: 66) && none.errorText.contains("hint:"), "\(none.errorText)")
            }
            try project.bunsen("run", "--name", "done", "--", "sh", "-c", "echo loss=1; exit 4")
            #expect(try project.bunsen("attach", "nowhere", timeout: 60).end == .exited(code: 66))
            let attached = try project.bunsen("attach", "done", timeout: 60)
            #expect(attached.end == .exited(code: 4) && attached.outputText == "loss=1\n")
            #expect(try project.bunsen("stop", "done", "--time", "-1", timeout: 60).end == .exited(code: 64))
            #expect(try project.bunsen("stop", timeout: 60).end == .exited(code: 64))
        }
    }
}
