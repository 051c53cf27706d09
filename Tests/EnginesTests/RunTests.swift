import ContentStore
import Glibc
import HostSystem
import TestSupport
import Testing

/// `bunsen run` on every engine: the same entry, with what the engine was asked and what it gave.
@Suite(.serialized) struct RunTests {
    private static let training = """
        for i in 1 2 3; do echo "step $i loss=0.$i"; echo "noise $i" >&2; done
        mkdir -p out && echo result >out/made && pwd
        """

    /// A project of another user than the one who runs Bunsen, where that can be.
    private func with(_ tested: TestedEngine, _ body: (Project) throws -> Void) throws {
        _ = try TestDaemons.image.get()
        if tested == .docker { _ = try TestDaemons.docker.get() }
        if tested == .podman { _ = try TestDaemons.podman.get() }
        try withTemporaryFolder { folder in
            chmod(folder, 0o755)
            var project = Project(folder: "\(folder)/project", home: "\(try TestDaemons.folder.get())/home")
            try Files.makeFolder(project.folder)
            if geteuid() == 0 { chown(project.folder, 1234, 2345) }
            let environment = try TestDaemons.environment(of: tested)
            for name in ["DOCKER_HOST", "DOCKER_CONFIG", "CONTAINERS_STORAGE_CONF", "XDG_RUNTIME_DIR"] {
                project.environment[name] = environment[name]
            }
            try body(project)
        }
    }

    private func image(_ tested: TestedEngine) throws -> [String] {
        tested.hasContainers ? ["--image", "store:\(try TestDaemons.image.get().name)"] : []
    }

    @Test(arguments: TestedEngine.allCases) func theEntryIsTheSame(_ tested: TestedEngine) throws {
        try with(tested) { project in
            let result = try project.bunsen(
                arguments: ["run", "--engine", tested.rawValue] + image(tested) + ["--", "sh", "-c", Self.training])
            try #require(result.succeeded, "\(result.errorText)")
            #expect(result.outputText.hasPrefix("step 1 loss=0.1\nstep 2 loss=0.2\n"))
            #expect(result.outputText.hasSuffix(tested.hasContainers ? "/workspace\n" : "\(project.folder)\n"))
            #expect(result.errorText.contains("noise 2\n"))
            let manifest = try #require(try project.manifests().first)
            #expect(manifest["summary"]["last"]["loss"].number == 0.3)
            #expect(manifest["summary"]["points"].number == 3)
            #expect(manifest["end"]["status"].string == "finished")
            #expect(manifest["command"]["engine"].string == tested.rawValue)
            #expect(project.latestLog().contains("stderr F noise 3"))
            #expect(try project.read("out/made") == "result\n")
            let entry = try Files.readText(project.entryPath())
            #expect(entry.contains("loss"))
            guard tested.hasContainers else { return }
            // Without Bunsen nothing on one line starts what runc starts.
            if tested == .runc {
                #expect(manifest["container"]["line"].string == nil)
            } else {
                let line = try #require(manifest["container"]["line"].string)
                #expect(line.hasPrefix("\(tested.rawValue) run --rm "))
                #expect(line.contains("--volume \(project.folder):/workspace "))
                #expect(entry.contains(line))
                #expect(!line.contains("BUNSEN_RUN_ID"))
            }
            if geteuid() == 0 {
                var status = stat()
                try #require(stat("\(project.folder)/out/made", &status) == 0)
                #expect(status.st_uid == 1234 && status.st_gid == 2345)
                #expect(manifest["container"]["user"].string == "1234:2345")
            }
        }
    }

    @Test(arguments: TestedEngine.containers) func tooMuchMemoryIsSaidWithLimitAndStep(_ tested: TestedEngine) throws {
        try with(tested) { project in
            let script = "echo 'step 812 loss=0.5'; exec dd if=/dev/zero of=/dev/null bs=200M count=1"
            let words = ["run", "--engine", tested.rawValue, "--memory", "64m"] + (try image(tested))
            let result = try project.bunsen(arguments: words + ["--", "sh", "-c", script])
            #expect(result.end == .exited(code: 137))
            #expect(result.errorText.contains("out of memory: limit 64 MB, at step 812"), "\(result.errorText)")
            let manifest = try #require(try project.manifests().first)
            #expect(manifest["end"]["status"].string == "out-of-memory")
            #expect(manifest["limits"]["asked"]["memory"].number == 67_108_864)
            #expect(manifest["limits"]["applied"]["memory"].number == 67_108_864)
        }
    }

    @Test(arguments: TestedEngine.containers) func dataIsReadOnlyAndMountsAreKept(_ tested: TestedEngine) throws {
        try with(tested) { project in
            try project.write("1,2\n", to: "data/points.csv")
            try Files.makeFolder("\(project.folder)/../shared")
            let words = ["run", "--engine", tested.rawValue, "--data", "data", "-v", "../shared:/shared:ro"]
            let script = "cat data/points.csv; touch data/new || echo kept; touch /shared/new || echo kept; touch new"
            let result = try project.bunsen(arguments: words + (try image(tested)) + ["--", "sh", "-c", script])
            #expect(result.outputText == "1,2\nkept\nkept\n", "\(result.errorText)")
            let missing = try project.bunsen(
                arguments: ["run", "--engine", tested.rawValue, "-v", "./missing:/x"] + (try image(tested)) + [
                    "--", "true",
                ])
            #expect(missing.errorText.contains("it does not exist"))
            #expect(!Files.exists("\(project.folder)/missing"))
        }
    }

    /// What a killed Bunsen leaves behind is ended by the next one.
    @Test(arguments: [TestedEngine.docker, .podman], [false, true])
    func aKilledBunsenLeavesNothingForLong(_ tested: TestedEngine, byStop: Bool) throws {
        try with(tested) { project in
            let engine = try (tested == .docker ? TestDaemons.docker : TestDaemons.podman).get()
            let words = ["run", "--engine", tested.rawValue] + (try image(tested))
            let running = try project.start(arguments: words + ["--", "sh", "-c", "echo begun; sleep 100"])
            try #require(eventually { project.latestLog().contains("begun") })
            kill(running.child.id, SIGKILL)
            _ = running.child.wait()
            let name = "bunsen-\(Files.name(of: try project.latestRun()))"
            #expect(try engine.inspect(name).status == .running)
            let next = try project.bunsen(
                arguments: byStop ? ["stop", "latest"] : words + ["--", "sh", "-c", "exit 0"])
            #expect(next.succeeded, "\(next.errorText)")
            #expect(next.errorText.contains("removed the container \(name)"))
            #expect(try !engine.list().contains { $0.name == name })
            #expect(try project.json("runs").array.contains { $0["status"].string == "interrupted" })
        }
    }

    /// With runc there is no daemon that could keep a container alive.
    @Test func aKilledBunsenTakesItsContainerAlong() throws {
        try with(.runc) { project in
            let words = ["run", "--engine", "runc"] + (try image(.runc))
            let running = try project.start(
                arguments: words + ["--", "sh", "-c", "trap '' TERM; echo begun; while :; do sleep 0.1; done"])
            try #require(eventually { project.latestLog().contains("begun") })
            let name = "bunsen-\(Files.name(of: try project.latestRun()))"
            let place = "\(try TestDaemons.folder.get())/home/containers.\(geteuid())/\(name)"
            #expect(FileLock.isHeld("\(place)/running"))
            kill(running.child.id, SIGKILL)
            _ = running.child.wait()
            #expect(eventually(5) { !FileLock.isHeld("\(place)/running") })
            #expect(Files.exists(place))
            let next = try project.bunsen(arguments: words + ["--", "sh", "-c", "exit 0"])
            #expect(next.succeeded, "\(next.errorText)")
            #expect(!Files.exists(place))
            for controller in ["memory", "pids"] {
                #expect(!Files.exists("/sys/fs/cgroup/\(controller)/bunsen/\(name)"))
                #expect(!Files.exists("/sys/fs/cgroup/bunsen/\(name)"))
            }
        }
    }

    @Test(arguments: [TestedEngine.docker, .runc]) func stoppingReachesTheCommand(_ tested: TestedEngine) throws {
        try with(tested) { project in
            let script = "trap 'echo saved; exit 3' TERM; echo begun; while :; do sleep 0.1; done"
            let running = try project.start(
                arguments: ["run", "--engine", tested.rawValue] + (try image(tested)) + ["--", "sh", "-c", script])
            try #require(eventually { project.latestLog().contains("begun") })
            kill(running.child.id, SIGTERM)
            #expect(running.child.wait() == .exited(code: 3))
            let manifest = try #require(try project.manifests().first)
            #expect(manifest["end"]["status"].string == "stopped")
            #expect(project.latestLog().contains("saved"))
        }
    }

    /// A run in the background is the same on every engine: found again, followed to its end, stopped.
    @Test(arguments: TestedEngine.allCases) func runsGoOnInTheBackground(_ tested: TestedEngine) throws {
        try with(tested) { project in
            let words = ["run", "--detach", "--engine", tested.rawValue] + (try image(tested)) + ["--", "sh", "-c"]
            let waiting = "echo loss=1; while [ ! -e go ]; do sleep 0.05; done; exit 3"
            let started = try project.bunsen(arguments: words + [waiting], timeout: 60)
            try #require(started.succeeded, "\(started.errorText)")
            #expect(try project.json("show")["status"].string == "running")
            try project.write("", to: "go")
            let attached = try project.bunsen("attach", String(started.outputText.dropLast()), timeout: 60)
            #expect(attached.end == .exited(code: 3) && attached.outputText == "loss=1\n")
            #expect(attached.errorText.contains("entry: log/"))
            let saving = "trap 'echo saved; exit 4' TERM; echo begun; while :; do sleep 0.05; done"
            try #require(try project.bunsen(arguments: words + [saving], timeout: 60).succeeded)
            try #require(eventually { project.latestLog().contains("begun") })
            #expect(try project.bunsen("stop", "latest", timeout: 60).succeeded)
            let end = try #require(try project.manifests().last)["end"]
            #expect(end["status"].string == "stopped" && end["exitCode"].number == 4)
            let missing = try project.bunsen(arguments: words.dropLast(2) + ["no-such-program"], timeout: 60)
            #expect(missing.end == .exited(code: 127) && missing.outputText.isEmpty)
        }
    }

    /// The command has it; the run's folder, the entry and the machine's list of processes do not.
    @Test(arguments: TestedEngine.containers) func aSecretIsWrittenDownNowhere(_ tested: TestedEngine) throws {
        try with(tested) { project in
            var project = project
            let secret = "rW3-pear/vineyard+5"
            project.environment["PLUM"] = secret
            let script = "echo \"${#PLUM} <$PLUM>\"; while [ ! -e go ]; do sleep 0.05; done"
            let words = ["run", "--detach", "--secret", "PLUM", "--engine", tested.rawValue] + (try image(tested))
            let started = try project.bunsen(arguments: words + ["--", "sh", "-c", script], timeout: 60)
            try #require(started.succeeded, "\(started.errorText)")
            try #require(eventually { project.latestLog().contains("<") })
            for process in try Files.names(in: "/proc") where pid_t(process) != nil {
                let line = (try? Files.readText("/proc/\(process)/cmdline")) ?? ""
                #expect(!line.contains(secret), "\(line)")
            }
            try project.write("", to: "go")
            #expect(try project.bunsen("attach", timeout: 60).outputText == "19 <[redacted]>\n")
            try project.write(secret, to: "../pattern")
            let found = try project.shell("grep -rlF -f ../pattern .bunsen log")
            #expect(found.end == .exited(code: 1) && found.outputText.isEmpty, "\(found.outputText)")
            let line = try #require(try project.manifests().last)["container"]["line"].string
            #expect(tested == .runc ? line == nil : line?.contains(" --env PLUM ") == true)
        }
    }

    /// The image of a lock is found by what it says of itself; `auto` says which engine it took, and why.
    @Test func theImageOfTheLockIsFound() throws {
        try with(.docker) { project in
            try project.write("packages: []\nrun: { limits: { memory: 64m } }\n", to: "bunsen.yaml")
            var locking = project
            locking.environment["BUNSEN_HOME"] = Project.home
            let locked = try locking.bunsen("lock")
            try #require(locked.succeeded, "\(locked.errorText)")
            let missing = try project.bunsen("run", "--locked", "--", "true")
            #expect(missing.end == .exited(code: 66))
            #expect(missing.errorText.contains("there is no image of this lock yet"), "\(missing.errorText)")
            #expect(missing.errorText.contains("bunsen build"))
            let line = try #require(
                try project.read("bunsen.lock").split(separator: "\n").first { $0.hasPrefix("digest: ") })
            let digest = String(line.dropFirst(8))
            let image = try TinyImage(
                in: ContentStore(home: "\(try TestDaemons.folder.get())/home"), name: "localhost/bunsen-tests/locked:1",
                labels: ["bunsen.lock.digest": digest, "bunsen.recipe.digest": "sha256:other"])
            let result = try project.bunsen("run", "--locked", "--", "sh", "-c", "echo loss=1")
            #expect(result.succeeded, "\(result.errorText)")
            let first = geteuid() == 0 ? "runc" : "docker"
            #expect(result.errorText.contains("engine: \(first) (for run.limits.memory)"), "\(result.errorText)")
            #expect(result.errorText.contains("was built before bunsen.yaml changed last"))
            let manifest = try #require(try project.manifests().last)
            #expect(manifest["environment"]["lockDigest"].string == digest)
            #expect(manifest["container"]["digest"].string == "\(image.manifest)")
        }
    }

    @Test func aProcessRefusesWhatItCannotKeep() throws {
        try with(.process) { project in
            for words in [
                ["--memory", "1g"], ["--cpus", "1"], ["-v", ".:/x"], ["--pids", "9"], ["--shm-size", "1g"],
            ] {
                let result = try project.bunsen(arguments: ["run", "--engine", "process"] + words + ["--", "true"])
                #expect(result.end == .exited(code: 65), "\(words): \(result.errorText)")
                #expect(result.errorText.contains("a plain process cannot do that"))
            }
            #expect(!Files.exists("\(project.folder)/.bunsen/runs"))
        }
    }
}
