import HostSystem
import TestSupport
import Testing

/// Variants of a recipe from the lock to the run, through the real uv.
@Suite(.serialized) struct VariantTests {
    private static let recipe = """
        packages: [bench-probe]
        run: { env: { WHO: plain, ALSO: plain } }
        variants:
          debug: { packages: [bench-tool], env: { WHO: debug } }
          small: { system: [gdb] }

        """

    private func locked(_ body: (WheelProject) throws -> Void) throws {
        try WheelProject.with { bench in
            try bench.addWheel("1.0")
            try bench.addWheel("1.0", name: "bench_tool", requires: ["bench-probe"])
            try bench.project.write(Self.recipe, to: "bunsen.yaml")
            let result = try bench.project.bunsen("lock")
            try #require(result.succeeded, "\(result.errorText)")
            #expect(result.errorText.contains("1 more for debug"))
            try body(bench)
        }
    }

    @Test func aRunOfAVariantHasWhatItAdds() throws {
        try locked { bench in
            let project = bench.project
            let script =
                "import os, bench_probe, bench_tool; print(bench_tool.version, os.environ['WHO'], os.environ['ALSO'])"
            let run = try project.bunsen("run", "--variant", "debug", "--", "python", "-c", script)
            #expect(run.outputText == "1.0 debug plain\n", "\(run.errorText)")
            let folder = try project.latestRun()
            #expect(Files.exists("\(folder)/environment/pylock.debug.toml"))
            #expect(try Files.readText("\(folder)/environment/packages.txt") == "bench-probe==1.0\nbench-tool==1.0\n")
            let entry = try #require(project.entries().values.first)
            #expect(entry.contains("--variant debug"))
            let plain = try project.bunsen("run", "--", "python", "-c", "import bench_tool")
            #expect(plain.end == .exited(code: 1) && plain.errorText.contains("No module named 'bench_tool'"))

            let digest = try project.json("lock")["variants"][0]["digest"].string
            let manifests = try project.manifests()
            #expect(manifests.first?["environment"]["lockDigest"].string == digest)
            #expect(manifests.last?["environment"]["lockDigest"].string != digest)
        }
    }

    @Test func aVariantOfTheSystemAloneSaysSo() throws {
        try locked { bench in
            let run = try bench.project.bunsen("run", "--variant", "small", "--", "true")
            #expect(run.succeeded && run.errorText.contains("system of variants.small"))
            let other = try bench.project.bunsen("run", "--variant", "other", "--", "true")
            #expect(other.end == .exited(code: 64) && other.errorText.contains("it has: debug, small"))
        }
    }

    @Test func checkAndUpgradeKnowTheVariants() throws {
        try locked { bench in
            let project = bench.project
            #expect(try project.bunsen("lock", "--check").succeeded)
            try bench.addWheel("1.1", name: "bench_tool", requires: ["bench-probe"])
            #expect(try project.bunsen("lock").outputText == "")
            let moved = try project.bunsen("lock", "--upgrade", "bench-tool")
            #expect(moved.outputText == "changed bench-tool 1.0 → 1.1 (debug)\n", "\(moved.errorText)")
            try project.write(Self.recipe.replacing("[bench-tool]", with: "[\"bench-tool<1.1\"]"), to: "bunsen.yaml")
            let differs = try project.bunsen("lock", "--check")
            #expect(differs.end == .exited(code: 65) && differs.errorText.contains("variants.debug.packages has"))
            let refused = try project.bunsen("run", "--locked", "--variant", "debug", "--", "true")
            #expect(refused.end == .exited(code: 65))
            let run = try project.bunsen(
                "run", "--variant", "debug", "--", "python", "-c", "import bench_tool; print(bench_tool.version)")
            #expect(run.outputText == "1.0\n", "it is locked again: \(run.errorText)")
        }
    }

    @Test func whatCannotBeAddedLeavesTheLocksAsTheyAre() throws {
        try locked { bench in
            let project = bench.project
            let lock = try project.read("bunsen.lock")
            try bench.addWheel("2.0", name: "bench_tool", requires: ["bench-probe>=2"])
            try bench.addWheel("2.0")
            let recipe = Self.recipe.replacing("[bench-tool]", with: "[\"bench-tool>=2\"]")
            try project.write(recipe, to: "bunsen.yaml")
            let result = try project.bunsen("lock")
            #expect(result.end == .exited(code: 65))
            #expect(
                result.errorText.contains(
                    "cannot lock variants.debug: bench-tool>=2 cannot be added to bench-probe 1.0"),
                "\(result.errorText)")
            #expect(try project.read("bunsen.lock") == lock)
        }
    }
}
