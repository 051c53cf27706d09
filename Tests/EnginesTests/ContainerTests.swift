import Engines
import ExperimentModel
import Glibc
import HostSystem
import TestSupport
import Testing

/// What engines with containers promise beyond plain processes: limits that bite, mounts, and whose files they are.
@Suite(.serialized) struct ContainerTests {
    @Test(arguments: TestedEngine.containers) func limitsAreReadBackAsTheyWereAsked(_ tested: TestedEngine) throws {
        try tested.with { bench in
            var request = bench.request("sleep 0.3")
            request.limits.memory = 64 << 20
            request.limits.cpus = 1.5
            request.limits.sharedMemory = 16 << 20
            request.limits.pids = 20
            request.limits.ulimits = [ResourceUlimit(name: "nofile", soft: 100, hard: 200)]
            _ = try bench.run(request) { container in
                var applied = try container.appliedLimits()
                // Engines may have limits of their own beside those that were asked for.
                applied.ulimits = applied.ulimits?.filter { $0.name == "nofile" }
                #expect(applied == request.limits)
                let state = try bench.engine.inspect(request.name)
                #expect(state.limits.memory == request.limits.memory)
            }
        }
    }

    @Test(arguments: TestedEngine.containers) func tooMuchMemoryIsAnEndByMemory(_ tested: TestedEngine) throws {
        try tested.with { bench in
            var request = bench.request("exec dd if=/dev/zero of=/dev/null bs=200M count=1")
            request.limits.memory = 64 << 20
            let outcome = try bench.run(request)
            #expect(outcome.end.outOfMemory, "\(outcome)")
            #expect(outcome.end.end == .signalled(number: SIGKILL), "\(outcome)")
            let modest = try bench.run(bench.request("exec dd if=/dev/zero of=/dev/null bs=20M count=1"))
            #expect(modest.end == ContainerEnd(.exited(code: 0)))
        }
    }

    @Test(arguments: TestedEngine.containers) func processesFilesAndSharedMemoryAreLimited(_ tested: TestedEngine)
        throws
    {
        try tested.with { bench in
            var request = bench.request(
                """
                ulimit -n; df -k /dev/shm | tail -1
                for i in $(seq 30); do sleep 1 & done; wait
                """)
            request.limits.pids = 12
            request.limits.sharedMemory = 16 << 20
            request.limits.ulimits = [ResourceUlimit(name: "nofile", soft: 123, hard: 456)]
            let outcome = try bench.run(request)
            #expect(outcome.output.hasPrefix("123\n"), "\(outcome)")
            #expect(outcome.output.contains(" 16384 "), "\(outcome)")
            #expect(outcome.error.contains("fork"), "\(outcome)")
        }
    }

    @Test(arguments: TestedEngine.containers) func sharedMemoryIsLargeWhereNothingWasSaid(_ tested: TestedEngine) throws
    {
        try tested.with { bench in
            let outcome = try bench.run("df -k /dev/shm | tail -1")
            #expect(outcome.output.contains(" 2097152 "), "\(outcome)")
        }
    }

    @Test(arguments: TestedEngine.containers) func processorTimeIsLimited(_ tested: TestedEngine) throws {
        try tested.with { bench in
            // What a busy loop gets in two seconds, in the line of the children: 0m0.50s 0m0.00s.
            var request = bench.request("timeout -s KILL 2 sh -c 'while :; do :; done'; times")
            request.limits.cpus = 0.25
            let outcome = try bench.run(request)
            let line = try #require(outcome.output.split(separator: "\n").last)
            let seconds = line.split(separator: " ").compactMap { Double($0.dropFirst(2).dropLast()) }.reduce(0, +)
            #expect(seconds > 0 && seconds < 0.9, "\(outcome)")
        }
    }

    @Test(arguments: TestedEngine.containers) func mountsAreSeenAndReadOnlyOnesAreKept(_ tested: TestedEngine) throws {
        try tested.with { bench in
            try Files.makeFolder("\(bench.folder)/data")
            try Files.makeFolder("\(bench.folder)/out")
            try Files.write("content", to: "\(bench.folder)/data/file")
            var request = bench.request(
                "cat /workspace/data/file; echo result >/workspace/out/made; touch /workspace/data/new && echo wrong")
            request.mounts = [
                try ContainerMount("\(bench.folder)/data:/workspace/data:ro", from: "/"),
                try ContainerMount("\(bench.folder)/out:/workspace/out", from: "/"),
            ]
            let outcome = try bench.run(request)
            #expect(outcome.output == "content")
            #expect(outcome.error.contains("Read-only file system"))
            #expect(try Files.readText("\(bench.folder)/out/made") == "result\n")
        }
    }

    @Test(arguments: TestedEngine.containers) func filesBelongToWhoAsked(_ tested: TestedEngine) throws {
        try tested.with { bench in
            let out = "\(bench.folder)/out"
            try Files.makeFolder(out)
            chown(out, 1234, 2345)
            var request = bench.request(
                "mkdir -p deep/er && echo mine >deep/er/file; id -u; id -g; grep NoNewPrivs /proc/self/status; grep CapEff /proc/self/status"
            )
            request.mounts = [try ContainerMount(source: out, destination: "/workspace", isReadOnly: false)]
            request.workingFolder = "/workspace"
            request.identity = ContainerIdentity(user: 1234, group: 2345)
            let outcome = try bench.run(request)
            #expect(outcome.output.hasPrefix("1234\n2345\n"), "\(outcome)")
            #expect(outcome.output.contains("NoNewPrivs:\t1"))
            #expect(outcome.output.contains("CapEff:\t0000000000000000"))
            for path in ["deep", "deep/er", "deep/er/file"] {
                var status = stat()
                try #require(stat("\(out)/\(path)", &status) == 0)
                #expect(status.st_uid == 1234 && status.st_gid == 2345, "\(path)")
            }
        }
    }

    @Test(arguments: TestedEngine.containers) func theImagesVariablesAreBelowThoseGiven(_ tested: TestedEngine) throws {
        try tested.with { bench in
            var request = bench.request("echo $FROM_IMAGE $GIVEN")
            request.variables = ["GIVEN": "too"]
            #expect(bench.environment.variables["FROM_IMAGE"] == "yes")
            let outcome = try bench.run(request)
            #expect(outcome.output == "yes too\n")
        }
    }

    @Test(arguments: TestedEngine.containers) func withoutANetworkThereIsLoopbackOnly(_ tested: TestedEngine) throws {
        try tested.with { bench in
            var request = bench.request("cat /proc/net/dev | grep -c :")
            request.network = .none
            let outcome = try bench.run(request)
            #expect(outcome.output == "1\n", "\(outcome)")
        }
    }

    /// The engine's own program, given the command line that we show, does the same.
    @Test(arguments: [TestedEngine.docker, .podman]) func theCommandLineCanBePasted(_ tested: TestedEngine) throws {
        try tested.with { bench in
            let out = "\(bench.folder)/out put"
            try Files.makeFolder(out)
            var request = bench.request("echo $GIVEN >made; ulimit -n; df -k /dev/shm | tail -1")
            request.mounts = [try ContainerMount(source: out, destination: "/workspace", isReadOnly: false)]
            request.workingFolder = "/workspace"
            request.variables["GIVEN"] = "it's \"two\" words"
            request.limits.memory = 64 << 20
            request.limits.cpus = 1.5
            request.limits.sharedMemory = 16 << 20
            request.limits.pids = 20
            request.limits.ulimits = [ResourceUlimit(name: "nofile", soft: 100, hard: 200)]
            let words = try #require(bench.engine.commandLine(for: request))
            var tool = try program(tested == .docker ? "/usr/bin/docker" : "podman")
            tool.environment = try TestDaemons.environment(of: tested)
            let result = try tool.run(Array(words.dropFirst()), timeout: 60)
            #expect(result.succeeded, "\(result.errorText)")
            #expect(result.outputText.hasPrefix("100\n"), "\(result.outputText)")
            #expect(result.outputText.contains(" 16384 "))
            #expect(try Files.readText("\(out)/made") == "it's \"two\" words\n")
        }
    }
}
