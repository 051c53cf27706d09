import Engines
import ExperimentModel
import Glibc
import HostSystem
import TestSupport
import Testing

/// What every engine promises, asked of each with its real program.
@Suite(.serialized) struct ContractTests {
    @Test(arguments: TestedEngine.allCases) func streamsArriveApartAndWhole(_ tested: TestedEngine) throws {
        try tested.with { bench in
            let outcome = try bench.run(
                "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo problem >&2; printf end")
            let expected = (0..<2000).map { "line \($0)\n" }.joined() + "end"
            #expect(outcome.output == expected)
            #expect(outcome.error == "problem\n")
            #expect(outcome.end == ContainerEnd(.exited(code: 0)))
        }
    }

    @Test(arguments: TestedEngine.allCases) func exitCodesAreTheCommandsOwn(_ tested: TestedEngine) throws {
        try tested.with { bench in
            for code in [Int32(1), 42, 125] {
                let outcome = try bench.run("exit \(code)")
                #expect(outcome.end == ContainerEnd(.exited(code: code)))
            }
        }
    }

    @Test(arguments: TestedEngine.allCases) func signalsArriveAndKillingIsSeen(_ tested: TestedEngine) throws {
        try tested.with { bench in
            let trapping = bench.request("trap 'echo stopped; exit 7' TERM; echo ready; while :; do sleep 0.05; done")
            let stopped = try bench.run(trapping) { container in
                try #require(bench.awaits("ready", of: trapping))
                try container.signal(SIGTERM)
            }
            #expect(stopped.end == ContainerEnd(.exited(code: 7)))
            #expect(stopped.output == "ready\nstopped\n")

            let stubborn = bench.request("trap '' TERM; echo ready; while :; do sleep 0.05; done")
            let killed = try bench.run(stubborn) { container in
                try #require(bench.awaits("ready", of: stubborn))
                try container.signal(SIGKILL)
            }
            #expect(killed.end == ContainerEnd(.signalled(number: SIGKILL)))
            // One that has ended takes a signal without a word.
            #expect(throws: Never.self) {
                _ = try bench.run(bench.request("true")) { container in
                    _ = try container.wait()
                    try container.signal(SIGTERM)
                }
            }
        }
    }

    @Test(arguments: TestedEngine.allCases) func variablesAndFolderAreThose(_ tested: TestedEngine) throws {
        try tested.with { bench in
            var request = bench.request("echo \"$GIVEN|$PWD\"")
            request.variables["GIVEN"] = "two words, \"quoted\" = ü"
            request.workingFolder = "/tmp"
            let outcome = try bench.run(request)
            #expect(outcome.output == "two words, \"quoted\" = ü|/tmp\n")
        }
    }

    @Test(arguments: TestedEngine.allCases) func aCommandThatIsNotThereIsAnErrorOfTheStart(_ tested: TestedEngine)
        throws
    {
        try tested.with { bench in
            var request = bench.request("")
            request.command = ["no-such-command"]
            let error = try #require(throws: EngineError.self) { try bench.engine.start(request) }
            guard case .noCommand = error.cause else {
                Issue.record("\(error)")
                return
            }
            request.command = ["/etc"]
            let folder = try #require(throws: EngineError.self) { try bench.engine.start(request) }
            guard case .notExecutable = folder.cause else {
                Issue.record("\(folder)")
                return
            }
            #expect(!(try bench.engine.list().contains { $0.name == request.name }), "nothing is left of it")
        }
    }

    @Test(arguments: TestedEngine.allCases) func containersAreListedInspectedAndRemoved(_ tested: TestedEngine) throws {
        try tested.with { bench in
            let request = bench.request("echo ready; sleep 60 & sleep 60; wait")
            let outcome = try bench.run(request) { container in
                try #require(bench.awaits("ready", of: request))
                let listed = try #require(try bench.engine.list().first { $0.name == request.name })
                #expect(listed.status == .running)
                let state = try bench.engine.inspect(request.name)
                #expect(state.status == .running)
                #expect(state.process == container.rootProcess)
                let process = try #require(state.process)
                #expect(kill(process, 0) == 0)
                try bench.engine.remove(request.name)
            }
            #expect(outcome.end.end == .signalled(number: SIGKILL))
            #expect(try !bench.engine.list().contains { $0.name == request.name })
            let error = try #require(throws: EngineError.self) { try bench.engine.inspect(request.name) }
            guard case .missing = error.cause else {
                Issue.record("\(error)")
                return
            }
            #expect(throws: Never.self) { try bench.engine.remove(request.name) }
        }
    }

    @Test(arguments: TestedEngine.allCases) func limitsAreKeptOrRefused(_ tested: TestedEngine) throws {
        try tested.with { bench in
            var request = bench.request("true")
            for limit in LimitCase.allCases {
                request.limits = limit.limits
                if tested.hasContainers, geteuid() == 0 || !limit.takesControlGroup {
                    #expect(throws: Never.self) { try bench.engine.check(request) }
                } else if tested.hasContainers, (try? bench.engine.check(request)) != nil {
                    // An ordinary user's control group may have been handed over.
                    #expect(throws: Never.self) { try bench.run(request) }
                } else {
                    let error = try #require(throws: EngineError.self) { try bench.engine.check(request) }
                    guard case .refused = error.cause else {
                        Issue.record("\(limit): \(error)")
                        return
                    }
                    #expect(throws: EngineError.self) { try bench.engine.start(request) }
                }
            }
        }
    }

    @Test(arguments: TestedEngine.allCases) func noGPUsMeansNoneAreSeen(_ tested: TestedEngine) throws {
        try tested.with { bench in
            var request = bench.request("echo \"[${CUDA_VISIBLE_DEVICES-all}]\"; sleep 0.3")
            request.limits.gpus = .count(0)
            let outcome = try bench.run(request) { container in
                let applied = try container.appliedLimits()
                #expect(applied.gpus == .count(0))
            }
            #expect(outcome.output == "[]\n")
            request.limits.gpus = .devices(["GPU-00000000-0000-0000-0000-000000000000"])
            #expect(throws: EngineError.self) { try bench.engine.start(request) }
        }
    }
}

/// One limit of each kind.
enum LimitCase: CaseIterable {
    case memory, cpus, sharedMemory, pids, ulimit

    var takesControlGroup: Bool { [.memory, .cpus, .pids].contains(self) }

    var limits: ResourceLimits {
        var limits = ResourceLimits()
        switch self {
        case .memory: limits.memory = 64 << 20
        case .cpus: limits.cpus = 0.5
        case .sharedMemory: limits.sharedMemory = 16 << 20
        case .pids: limits.pids = 20
        case .ulimit: limits.ulimits = [ResourceUlimit(name: "nofile", soft: 100, hard: 200)]
        }
        return limits
    }
}
