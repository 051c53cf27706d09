import Glibc
import HostSystem
import TestSupport
import Testing

/// From the recipe to the environment, through the real uv.
@Suite(.serialized) struct LockTests {
    private func locked(_ body: (WheelProject) throws -> Void) throws {
        try WheelProject.with { bench in
            try bench.addWheel("1.0")
            try bench.project.write("packages: [bench-probe]\n", to: "bunsen.yaml")
            let result = try bench.project.bunsen("lock")
            try #require(result.succeeded, "\(result.errorText)")
            try body(bench)
        }
    }

    @Test func pipsFindLinksAreHonouredAndTheLockIsWhole() throws {
        try locked { bench in
            let project = bench.project
            let lock = try project.read("bunsen.lock")
            let wheel = try Files.read("\(bench.wheels)/bench_probe-1.0-py3-none-any.whl")
            #expect(lock.contains("bench-probe") && lock.contains(SHA256.hexDigest(wheel)))
            #expect(lock.contains(String(wheel.count)))
            #expect(try project.read("pylock.toml").contains("lock-version = \"1.0\""))
            let again = try project.json("lock")
            #expect(again["packages"][0]["version"].string == "1.0")
            #expect(try project.read("bunsen.lock") == lock, "the same recipe and the same index give the same bytes")
            let run = try project.bunsen("run", "--", "python", "-c", "import bench_probe; print(bench_probe.version)")
            #expect(run.outputText == "1.0\n", "\(run.errorText)")
        }
    }

    @Test func pinsMoveOnlyWhenTheyAreTold() throws {
        try locked { bench in
            let project = bench.project
            func version() throws -> String? { try project.json("lock")["packages"][0]["version"].string }
            try bench.addWheel("1.1")
            #expect(try version() == "1.0")
            let refused = try project.bunsen("lock", "bench-probe")
            #expect(refused.end == .exited(code: 64) && refused.errorText.contains("--upgrade bench-probe"))
            let one = try project.bunsen("lock", "--upgrade", "bench-probe")
            #expect(one.outputText == "changed bench-probe 1.0 → 1.1\n", "\(one.errorText)")
            try bench.addWheel("1.2")
            let all = try project.bunsen("lock", "--upgrade")
            #expect(all.outputText == "changed bench-probe 1.1 → 1.2\n", "\(all.errorText)")
        }
    }

    @Test func checkSaysWhetherRecipeAndLockAgree() throws {
        try locked { bench in
            let project = bench.project
            #expect(try project.bunsen("lock", "--check").end == .exited(code: 0))
            #expect(try project.json("lock", "--check")["agrees"].bool == true)
            let lock = try project.read("bunsen.lock")

            try project.write("packages: [bench-probe, other]\n", to: "bunsen.yaml")
            let differs = try project.bunsen("lock", "--check", "--format", "json")
            #expect(differs.end == .exited(code: 65))
            #expect(try JSONValue(parsing: differs.output)["agrees"].bool == false)
            #expect(
                differs.errorText.contains("disagree") && differs.errorText.contains("hint: lock again: bunsen lock"))
            let run = try project.bunsen("run", "--locked", "--", "touch", "started")
            #expect(run.end == .exited(code: 65))
            #expect(!Files.exists("\(project.folder)/started"))
            #expect(try project.read("bunsen.lock") == lock, "nothing was written")
        }
    }

    @Test func theBaseOfTheImageIsPinnedToo() throws {
        try locked { bench in
            let project = bench.project
            let recipe = "packages: [bench-probe]\npython: \"3.11\"\n"
            try project.write(recipe, to: "bunsen.yaml")
            let missing = try project.bunsen("lock", "--check", "--image")
            #expect(missing.end == .exited(code: 65) || missing.end == .exited(code: 66), "\(missing.errorText)")
            let pinned = try project.bunsen("lock", "--image")
            try #require(pinned.succeeded, "\(pinned.errorText)")
            #expect(pinned.errorText.contains("debian:bookworm") && pinned.errorText.contains("Python 3.11"))
            let pins = try project.read("bunsen-image.lock")
            #expect(pins.contains("\n    - libc6 "))
            #expect(try project.bunsen("lock", "--check").succeeded)

            try project.write(recipe + "system: [git]\n", to: "bunsen.yaml")
            let differs = try project.bunsen("lock", "--check")
            #expect(differs.end == .exited(code: 65))
            #expect(differs.errorText.contains("system has git"), "\(differs.errorText)")
            #expect(differs.errorText.contains("hint: lock again: bunsen lock --image"))
            #expect(try project.read("bunsen-image.lock") == pins, "nothing was written")
        }
    }

    @Test func locksThatAreNotAsTheyWereWrittenAreRefused() throws {
        try locked { bench in
            let project = bench.project
            let lock = try project.read("bunsen.lock")
            let cases = [
                (lock.replacing("1.0", with: "1.9"), "was changed after it was written"),
                (String(lock.dropLast(30)), "ends"), ("nonsense\n", "not a lock"), ("", "empty"),
                ("<<<<<<< HEAD\n" + lock, "merge conflict"),
            ]
            for (text, words) in cases {
                try project.write(text, to: "bunsen.lock")
                let result = try project.bunsen("run", "--", "touch", "started")
                #expect(result.end == .exited(code: 65), "\(words)")
                #expect(result.errorText.contains(words), "\(result.errorText)")
                #expect(result.errorText.contains("hint:") && result.errorText.contains("bunsen lock"))
            }
            try project.write(lock, to: "bunsen.lock")
            try project.write(try project.read("pylock.toml") + "\n", to: "pylock.toml")
            let other = try project.bunsen("run", "--", "touch", "started")
            #expect(other.end == .exited(code: 65) && other.errorText.contains("pylock.toml"))
            #expect(!Files.exists("\(project.folder)/started"))

            try Files.remove("\(project.folder)/bunsen.lock")
            let missing = try project.bunsen("lock", "--check")
            #expect(missing.end == .exited(code: 66) && missing.errorText.contains("bunsen lock"))
            let run = try project.bunsen("run", "--locked", "--", "touch", "started")
            #expect(run.end == .exited(code: 65) && !Files.exists("\(project.folder)/started"))
        }
    }

    @Test func aWithdrawnPackageAndAMissingNetworkAreNamed() throws {
        try locked { bench in
            var project = bench.project
            try Files.remove("\(bench.wheels)/bench_probe-1.0-py3-none-any.whl")
            let gone = try project.bunsen("run", "--", "touch", "started")
            #expect(gone.end == .exited(code: 65), "\(gone.errorText)")
            #expect(gone.errorText.contains("bench_probe-1.0-py3-none-any.whl is no longer in the folder"))
            #expect(gone.errorText.contains("hint:"))
            #expect(!Files.exists("\(project.folder)/started"))

            project.environment["PIP_CONFIG_FILE"] = "/dev/null"
            project.environment["UV_DEFAULT_INDEX"] = "http://bench:secret@127.0.0.1:9/simple"
            project.environment["NO_PROXY"] = "127.0.0.1"
            let lock = try project.read("bunsen.lock")
            let unreachable = try project.bunsen("lock", "--upgrade")
            #expect(unreachable.end == .exited(code: 69), "\(unreachable.errorText)")
            #expect(!unreachable.errorText.contains("secret"))
            #expect(unreachable.errorText.contains("hint:"))
            #expect(try project.read("bunsen.lock") == lock, "the old lock stays")
        }
    }

    @Test func tenRunsAtOnceShareOneFreshEnvironment() throws {
        try locked { bench in
            let project = bench.project
            let running = try (0..<10).map { index in
                try project.start(
                    "run", "--", "python", "-c",
                    "import bench_probe; print('step=\(index) loss=1', bench_probe.__file__)")
            }
            for one in running { #expect(one.child.wait() == .exited(code: 0)) }
            #expect(try project.manifests().count == 10)
            #expect(try project.entries().count == 10)
            let home = project.environment["BUNSEN_HOME"] ?? ""
            let made = try Files.names(in: "\(home)/environments").filter { !$0.hasSuffix(".lock") }
            #expect(made.count == 1)
            let writable = try project.shell(
                "find '\(home)/environments/\(made.first ?? "")' -perm /222 -not -type l")
            #expect(writable.outputText == "", "an environment is read-only")
        }
    }

    @Test func aMakerThatIsKilledAtAnyMomentLeavesNothingInTheWay() throws {
        try locked { bench in
            let project = bench.project
            var random = SeededGenerator(3)
            for _ in 0..<5 {
                let running = try project.start("run", "--", "true")
                usleep(UInt32.random(in: 20_000...600_000, using: &random))
                kill(-running.child.id, SIGKILL)
                _ = running.child.wait()
            }
            let run = try project.bunsen("run", "--", "python", "-c", "import bench_probe; print(bench_probe.version)")
            #expect(run.outputText == "1.0\n", "\(run.errorText)")
        }
    }

    @Test func initWritesARecipeThatLocksAsItIs() throws {
        try WheelProject.with { bench in
            let project = bench.project
            try bench.addWheel("1.0")
            try project.write("bench-probe>=1  # comment\n", to: "requirements.txt")
            let written = try project.json("init", "--name", "first")
            #expect(written["recipe"].string == "\(project.folder)/bunsen.yaml")
            #expect(try project.read("bunsen.yaml").contains("requirements: requirements.txt"))
            let again = try project.bunsen("init")
            #expect(again.end == .exited(code: 75) && again.errorText.contains("--force"))
            let impossible = try project.bunsen("init", "--force", "--torch", "2.8", "--cuda", "11.8")
            #expect(impossible.end == .exited(code: 64))
            #expect(impossible.errorText.contains("12.6"), "the nearest valid pair: \(impossible.errorText)")
            #expect(try project.read("bunsen.yaml").contains("requirements.txt"), "the old recipe stays")
        }
    }
}
