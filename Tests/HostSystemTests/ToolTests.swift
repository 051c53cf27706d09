import Glibc
import Testing

@testable import HostSystem

@Suite struct ToolTests {
    private func shell(_ folder: String? = nil) -> Tool {
        Tool(executable: "/bin/sh", environment: ["PATH": "/usr/bin:/bin"], workingFolder: folder)
    }

    @Test func outputErrorAndExitCodeAreKeptApart() throws {
        let result = try shell().run(["-c", "echo out; echo err >&2; exit 3"])
        #expect(result.outputText == "out\n")
        #expect(result.errorText == "err\n")
        #expect(result.end == .exited(code: 3))
        #expect(result.end.shellCode == 3)
    }

    /// Such as those that a terminal of an editor, or a job's runner, left open.
    @Test func descriptorsThatWereLeftOpenStayHere() throws {
        let number = fcntl(STDIN_FILENO, F_DUPFD, 40)
        try #require(number >= 40)
        defer { close(number) }
        let script = "test -e /proc/self/fd/\(number) && echo open || echo closed"
        #expect(try shell().run(["-c", script]).outputText == "closed\n")
        // A command of the person gets what the person gave.
        let (output, end) = try Descriptor.pipe()
        var start = ChildProcess.Start(executable: "/bin/sh", arguments: ["sh", "-c", script], environment: [:])
        start.standardOutput = end.number
        #expect(try ChildProcess.start(start).wait().succeeded)
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = read(output.number, &bytes, 16)
        #expect(String(decoding: bytes[..<max(0, count)], as: UTF8.self) == "open\n")
    }

    @Test func bothStreamsMayBeLargerThanAPipe() throws {
        let result = try shell().run(["-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"])
        #expect(result.output.count == 300_000)
        #expect(result.error.count == 300_000)
    }

    @Test func outputBeyondTheLimitIsReadAndDropped() throws {
        let result = try shell().run(["-c", "head -c 300000 /dev/zero; exit 0"], outputLimit: 1000)
        #expect(result.output.count == 1000)
        #expect(result.succeeded)
    }

    @Test func aProgramThatRunsTooLongIsKilledWithItsChildren() throws {
        let start = monotonicSeconds()
        let result = try shell().run(["-c", "sleep 60 & sleep 60"], timeout: 0.2)
        #expect(result.timedOut)
        #expect(!result.succeeded)
        #expect(result.end == .signalled(number: SIGKILL))
        #expect(monotonicSeconds() - start < 10)
    }

    @Test func aSignalIsReportedAsOne() throws {
        #expect(try shell().run(["-c", "kill -TERM $$"]).end == .signalled(number: SIGTERM))
    }

    @Test func programsThatCannotStartSayWhyAtOnce() throws {
        let missing = Tool(executable: "/no/such/program", environment: [:])
        #expect { try missing.run([]) } throws: { error in
            (error as? ChildStartError)?.step == .execute && (error as? ChildStartError)?.code == ENOENT
        }
        #expect { try shell("/no/such/folder").run(["-c", "true"]) } throws: { error in
            (error as? ChildStartError)?.step == .workingFolder
        }
        let noProgram = Tool(executable: "/etc/passwd", environment: [:])
        #expect { try noProgram.run([]) } throws: { error in (error as? ChildStartError)?.code == EACCES }
    }

    @Test func onlyTheGivenVariablesAreSet() throws {
        let tool = Tool(executable: "/usr/bin/env", environment: ["A": "1", "B": "x=y"])
        #expect(try tool.run([]).outputText == "A=1\nB=x=y\n")
    }

    @Test func executablesAreFoundOnTheSearchPathOnly() {
        #expect(findExecutable("sh", searchPath: "/nowhere:/bin", from: "/") == "/bin/sh")
        #expect(findExecutable("sh", searchPath: "", from: "/") == nil)
        #expect(findExecutable("./sh", searchPath: "/nowhere", from: "/bin") == "/bin/./sh")
        #expect(findExecutable("passwd", searchPath: "/etc", from: "/") == nil)
    }
}
