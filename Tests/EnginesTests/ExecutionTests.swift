import Engines
import ExperimentModel
import Glibc
import HostSystem
import TestSupport
import Testing

/// Further commands in a container that runs, asked of each engine with its real program.
@Suite(.serialized) struct ExecutionTests {
    @Test(arguments: TestedEngine.allCases) func outputInputAndExitCodeAreTheCommandsOwn(_ tested: TestedEngine) throws
    {
        try tested.with { bench in
            try bench.whileRunning(bench.request("sleep 60")) { name in
                // More than any pipe holds, so that both directions have to flow at once.
                let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                try Files.write(bytes, to: "\(bench.folder)/input")
                let input = try Descriptor.open("\(bench.folder)/input", O_RDONLY)
                let copied = try bench.execute(["sh", "-c", "cat; echo problem >&2; exit 42"], in: name) {
                    $0.streams.input = input.number
                }
                #expect(copied.end == .exited(code: 42))
                #expect(copied.output == bytes)
                #expect(String(decoding: copied.error, as: UTF8.self) == "problem\n")
                let silent = try bench.execute(["cat"], in: name)
                #expect(silent.end == .exited(code: 0) && silent.output.isEmpty, "no input is an empty one")
                // Nobody reads it to its end.
                let unread = try Descriptor.open("/dev/zero", O_RDONLY)
                let first = try bench.execute(["head", "-c", "3"], in: name) { $0.streams.input = unread.number }
                #expect(first.end == .exited(code: 0), "\(first)")
                // Podman 4.3 may hang up on the output too when a command ends before its input does.
                if tested != .podman { #expect(first.output == [0, 0, 0]) }
                let killed = try bench.execute(["sh", "-c", "kill -9 $$"], in: name)
                #expect(killed.end == .signalled(number: SIGKILL))
            }
        }
    }

    @Test(arguments: TestedEngine.allCases) func variablesUserAndFolderAreThoseOfTheFirstCommand(_ tested: TestedEngine)
        throws
    {
        try tested.with { bench in
            let script =
                "env | grep -v -e ^SHLVL= -e ^_= -e ^OLDPWD=; pwd; id -u; id -g; grep -e NoNewPrivs -e ^Cap /proc/self/status"
            var request = bench.request("\(script); echo ready; sleep 60")
            request.variables["GIVEN"] = "two words, \"quoted\" = ü"
            request.variables["PATH"] = "/usr/bin:/bin:/own"
            request.workingFolder = "/tmp"
            if tested.hasContainers { request.identity = ContainerIdentity(user: 1234, group: 2345) }
            try bench.whileRunning(request) { name in
                func lines(_ text: String) -> [String] {
                    text.split(separator: "\n").map(String.init).filter { $0 != "ready" }.sorted()
                }
                let first = lines(try Files.readText("\(bench.folder)/output-\(name)"))
                let same = try bench.execute(["sh", "-c", script], in: name)
                #expect(lines(String(decoding: same.output, as: UTF8.self)) == first)
                let other = try bench.execute(["sh", "-c", "echo \"$GIVEN|$MORE|$PATH\"; pwd"], in: name) {
                    $0.variables = ["GIVEN": "other", "MORE": "a=b c"]
                    $0.workingFolder = "/usr"
                }
                #expect(String(decoding: other.output, as: UTF8.self) == "other|a=b c|/usr/bin:/bin:/own\n/usr\n")
            }
        }
    }

    @Test(arguments: TestedEngine.allCases) func whatIsNotThereIsAnError(_ tested: TestedEngine) throws {
        try tested.with { bench in
            let request = bench.request("echo ready; sleep 60")
            try bench.whileRunning(request) { name in
                let none = try #require(throws: EngineError.self) { try bench.execute(["no-such-command"], in: name) }
                guard case .noCommand = none.cause else { throw none }
                let path = try #require(throws: EngineError.self) { try bench.execute(["/no/such"], in: name) }
                guard case .noCommand = path.cause else { throw path }
                let folder = try #require(throws: EngineError.self) { try bench.execute(["/etc"], in: name) }
                guard case .notExecutable = folder.cause else { throw folder }
                let outside = try #require(throws: (any Error).self) {
                    try bench.execute(["sleep", "0"], in: name) { $0.workingFolder = "/no/such/folder" }
                }
                #expect("\(outside)".contains("/no/such/folder"))
                let terminal = try #require(throws: EngineError.self) {
                    try bench.execute(["sleep", "0"], in: name) { $0.hasTerminal = true }
                }
                guard case .refused = terminal.cause else { throw terminal }
            }
            let unknown = try #require(throws: EngineError.self) {
                try bench.execute(["sleep", "0"], in: request.name)
            }
            guard case .missing = unknown.cause else { throw unknown }
        }
    }

    @Test(arguments: TestedEngine.allCases) func aContainerThatHasEndedTakesNoCommand(_ tested: TestedEngine) throws {
        try tested.with { bench in
            let request = bench.request("true")
            _ = try bench.run(request) { container in
                _ = try container.wait()
                let error = try #require(throws: EngineError.self) {
                    try bench.execute(["sleep", "0"], in: request.name)
                }
                switch error.cause {
                case .ended where tested.hasContainers: break
                case .missing where !tested.hasContainers: break
                default: throw error
                }
            }
        }
    }

    /// The command ends with its container.
    @Test(arguments: TestedEngine.containers) func theEndOfTheContainerIsItsEnd(_ tested: TestedEngine) throws {
        try tested.with { bench in
            try bench.whileRunning(bench.request("sleep 60")) { name in
                let engine = bench.engine
                let remover = BackgroundThread {
                    usleep(300_000)
                    try engine.remove(name)
                }
                let outcome = try bench.execute(["sleep", "60"], in: name)
                #expect(outcome.end == .signalled(number: SIGKILL), "\(outcome)")
                try remover.join()
            }
        }
    }

    @Test(arguments: TestedEngine.containers) func theContainersMemoryIsTheCommandsToo(_ tested: TestedEngine) throws {
        try tested.with { bench in
            var request = bench.request("sleep 60")
            request.limits.memory = 64 << 20
            try bench.whileRunning(request) { name in
                let large = try bench.execute(["dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"], in: name)
                #expect(large.end == .signalled(number: SIGKILL), "\(large)")
                let small = try bench.execute(["dd", "if=/dev/zero", "of=/dev/null", "bs=20M", "count=1"], in: name)
                #expect(small.end == .exited(code: 0), "\(small)")
            }
        }
    }

    @Test(arguments: TestedEngine.allCases) func signalsToThisProcessReachTheCommand(_ tested: TestedEngine) throws {
        try tested.with { bench in
            try bench.whileRunning(bench.request("sleep 60")) { name in
                let script = "trap 'echo stopped; exit 7' TERM; echo begun; while :; do sleep 0.05; done"
                let outcome = try bench.execute(["sh", "-c", script], in: name, once: "begun") { thread in
                    pthread_kill(thread, SIGTERM)
                }
                #expect(outcome.end == .exited(code: 7), "\(outcome)")
                #expect(outcome.output == Array("begun\nstopped\n".utf8))
                let ended = try bench.execute(["sh", "-c", "echo begun; exec sleep 60"], in: name, once: "begun") {
                    pthread_kill($0, SIGTERM)
                }
                #expect(ended.end == .signalled(number: SIGTERM), "\(ended)")
            }
        }
    }

    @Test(arguments: TestedEngine.allCases) func aTerminalIsGivenAndComesBackAsItWas(_ tested: TestedEngine) throws {
        try tested.with { bench in
            try bench.whileRunning(bench.request("sleep 60")) { name in
                let pair = try TestTerminal(rows: 33, columns: 77)
                let before = try pair.settings
                let script = """
                    test -t 0 && test -t 1 && test -t 2 && echo all
                    until busybox stty size | grep '33 77'; do sleep 0.02; done
                    read line; echo "got $line"
                    busybox stty size; echo TERM=$TERM; exec sleep 60
                    """
                let outcome = try bench.execute(["sh", "-c", script], in: name, on: pair) { thread in
                    try #require(pair.shows("33 77"))
                    try pair.resize(rows: 20, columns: 50)
                    pthread_kill(thread, SIGWINCH)
                    usleep(300_000)
                    try pair.type("word\n")
                    try #require(pair.shows("TERM="))
                    try #require(pair.shows("20 50"), "\(pair.text)")
                    // Plain processes share the terminal; in this test it is nobody's controlling terminal.
                    if tested.hasContainers { try pair.type("\u{3}") } else { pthread_kill(thread, SIGINT) }
                }
                #expect(pair.text.contains("all"))
                #expect(pair.text.contains("got word"))
                #expect(outcome == .signalled(number: SIGINT), "\(pair.text)")
                #expect(try pair.settings == before)
            }
        }
    }
}
