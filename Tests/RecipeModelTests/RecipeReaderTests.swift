import ExperimentModel
import TestSupport
import Testing

@testable import RecipeModel

private func read(_ text: String) throws -> Recipe {
    try RecipeReader.read(Array(text.utf8), file: "bunsen.yaml", folderName: "folder")
}

private func problems(_ text: String) -> [RecipeProblem] {
    do {
        _ = try read(text)
        return []
    } catch {
        return (error as? RecipeError)?.problems ?? []
    }
}

struct RecipeReaderTests {
    private static let whole = """
        name: 数字-digits_1.0
        torch: "2.8"
        cuda: "12.8"
        python: "3.12"
        packages: [torchvision, "pandas>=2,<3", "uvicorn[standard]"]
        system: [git, libgl1]
        base: debian:bookworm
        tools: [jupyter, ssh]
        image: registry.example.org/vision/pytorch-cuda
        variants:
          debug: { system: [gdb], packages: [py-spy], env: { CUDA_LAUNCH_BLOCKING: "1" } }
        run:
          engine: process
          limits: { gpus: 1, memory: 32g, cpus: 1.5, shm: 8g, pids: 200, ulimits: [nofile=10:20, memlock=-1] }
          mounts: [./data:/workspace/data:ro, /a:/b]
          seed: 1
          env: { A: b }
        record:
          language: zh
          primary: { metric: val_acc, goal: max }
          tolerances: { val_acc: { atol: 0.005 } }
          patterns: ['loss (?<loss>[0-9.]+)']
        """

    @Test func everyKeyIsReadIntoItsType() throws {
        let recipe = try read(Self.whole)
        #expect(recipe.name == "数字-digits_1.0")
        #expect(recipe.torch == TorchVersion(major: 2, minor: 8))
        #expect(recipe.cuda == .cuda(CUDAVersion(12, 8)))
        #expect(recipe.python == PythonVersion(3, 12))
        guard case .listed(let packages) = recipe.packages else {
            Issue.record("packages are not listed")
            return
        }
        #expect(packages.map(\.name) == ["torchvision", "pandas", "uvicorn"])
        #expect(recipe.tools == [.jupyter, .ssh])
        #expect(recipe.variants.map(\.name) == ["debug"])
        #expect(recipe.run.limits.memory?.bytes == 32 << 30)
        #expect(recipe.run.limits.cpus == 1.5)
        #expect(recipe.run.limits.pids == 200)
        #expect(recipe.run.limits.ulimits.map { "\($0)" } == ["nofile=10:20", "memlock=-1:-1"])
        #expect(recipe.run.mounts.map(\.isReadOnly) == [true, false])
        #expect(recipe.record.primary == PrimaryMetric(metric: "val_acc", goal: .max))
        #expect(recipe.record.tolerances["val_acc"] == Recipe.Tolerance(absolute: 0.005, relative: 0))
        #expect(recipe.record.language == .zh)
        #expect(recipe.record.patterns.count == 1)
        #expect(recipe.lines["cuda"] == 3)
        #expect(recipe.unusedByProcessEngine == ["system", "base", "image"])
        #expect(
            recipe.refusedByProcessEngine
                == [
                    "run.mounts", "run.limits.memory", "run.limits.cpus", "run.limits.shm", "run.limits.pids",
                    "run.limits.ulimits",
                ])
    }

    @Test func aRecipeOfOneLineTakesTheNameOfItsFolder() throws {
        let recipe = try read("torch: \"2.8\"")
        #expect(recipe.name == "folder")
        #expect(recipe.packages == .listed([]))
        #expect(recipe.unusedByProcessEngine.isEmpty && recipe.refusedByProcessEngine.isEmpty)
    }

    @Test func aByteOrderMarkIsAccepted() throws {
        #expect(try read("\u{feff}torch: \"2.8\"\n").torch?.minor == 8)
    }

    @Test(arguments: [
        ("torch: 2.10", 1, "write torch: \"2.10\""), ("name: a\npython: 3.12", 2, "write python: \"3.12\""),
        ("cuda: 12.8", 1, "write cuda: \"12.8\""),
    ])
    func anUnquotedVersionNamesWhatToWrite(text: String, line: Int, hint: String) {
        let found = problems(text)
        #expect(found.map(\.line) == [line])
        #expect(found.map(\.hint) == [hint])
    }

    @Test(arguments: [
        ("pakages: [a]", "did you mean packages?"), ("torhc: \"2.8\"", "did you mean torch?"),
        ("run: { sed: 1 }", "did you mean seed?"), ("record: { lang: zh }", "the keys are language, primary"),
        ("requirement: a.txt", "did you mean requirements?"),
    ])
    func anUnknownKeyNamesTheNearest(text: String, hint: String) {
        let found = problems(text)
        #expect(found.count == 1)
        #expect(found.first?.reason.hasPrefix("unknown key") == true)
        #expect(found.first?.hint?.hasPrefix(hint) == true)
    }

    @Test(arguments: [
        ("packages: numpy", "a list of packages"), ("torch: [1]", "a version such as"), ("run: fast", "a mapping of"),
        ("run: { limits: { memory: 32q } }", "a size such as"), ("run: { seed: x }", "a whole number"),
        ("run: { engine: dokcer }", "one of auto, docker"), ("name: a b", "a name"), ("name: ../x", "a name"),
        ("packages: [numpy=1]", "a package requirement"), ("packages: [-e .]", "a package requirement"),
        ("run: { mounts: [data] }", "a mount such as"), ("run: { mounts: ['a:/b:rx'] }", "a mount such as"),
        ("record: { patterns: ['(a'] }", "not a regular expression"), ("tools: [emacs]", "one of jupyter, ssh"),
        ("cuda: cu128", "cpu or a version"), ("system: [Git]", "a Debian package"),
        ("record: { tolerances: { a: { atol: -1 } } }", "a number from 0"),
        ("run: { limits: { pids: 0 } }", "a number of processes from 1"),
        ("run: { limits: { ulimits: nofile=1 } }", "a list of limits"),
        ("run: { limits: { ulimits: [files=1] } }", "a limit such as nofile=1024:2048"),
        ("run: { limits: { ulimits: [nofile=5:4] } }", "a limit such as"),
        ("run: { limits: { ulimits: [nofile=1, nofile=2] } }", "nofile twice"),
        ("run: { limits: { gpus: 99999999999 } }", "a number of GPUs"), ("run: { env: { 1A: b } }", "variable"),
        ("packages: [a]\nrequirements: b.txt", "both list the packages"), ("packages: [torch]", "torch stands among"),
        ("record: { primary: { metric: a } }", "no goal"), ("- a", "not a mapping"), ("just text", "not a mapping"),
        ("", "empty"), ("# nothing\n", "empty"), ("a: b\na: c", "twice"), ("run:\n\tseed: 1", "a tab"),
        ("name: 'a", "not YAML"), ("name: a: b", "not YAML"), ("<<<<<<< HEAD\nname: a", "merge conflict"),
        ("name: a\n---\nname: b", "not YAML"), ("name: a\u{0}", "not YAML"),
    ])
    func whatIsWrongIsSaidOnce(text: String, words: String) {
        let found = problems(text)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.reason.contains(words) == true, "\(found)")
    }

    @Test func severalProblemsComeTogetherInTheOrderOfTheirLines() {
        let found = problems("torch: 2.10\nnmae: x\npackages: 1\nrun: { seed: a }")
        #expect(found.map(\.line) == [1, 2, 3, 4])
        let many = problems((0..<50).map { "unknown\($0): 1" }.joined(separator: "\n"))
        #expect(many.count == RecipeError.mostProblems)
    }

    @Test func textMadeToExhaustAParserIsRefusedQuickly() {
        var bomb = "a0: &a0 [x,x]\n"
        for level in 1..<40 { bomb += "a\(level): &a\(level) [*a\(level - 1),*a\(level - 1)]\n" }
        #expect(problems(bomb).first?.reason.contains("anchors") == true)
        #expect(problems(String(repeating: "[", count: 500_000)).first?.reason == "nested too deep")
        #expect(problems(String(repeating: "- ", count: 400_000)).first?.reason == "nested too deep")
        #expect(problems(String(repeating: "? ", count: 400_000)).first?.reason == "nested too deep")
        #expect(problems("x: " + String(repeating: "a", count: 2 << 20)).first?.reason.contains("too many") == true)
        let long = "packages: [" + String(repeating: "a,", count: 2000) + "]"
        #expect(problems(long).first?.reason.contains("1000 values") == true)
        #expect(problems("a: " + String(repeating: "[", count: 30) + String(repeating: "]", count: 30)).count == 1)
    }

    @Test func textThatIsNotUTF8NamesItsLine() throws {
        let bytes = Array("name: a\nbase: ".utf8) + [0xff, 0xfe, 0x41]
        #expect {
            try RecipeReader.read(bytes, file: "f", folderName: "x")
        } throws: {
            ($0 as? RecipeError)?.problems.first?.line == 2
        }
    }

    @Test func aMissingRecipeSaysWhatToRun() {
        #expect {
            try RecipeReader.read(path: "/nonexistent/bunsen.yaml")
        } throws: {
            ($0 as? RecipeError)?.hints == ["run `bunsen init`"]
        }
    }

    @Test func patternsWithStarsAndAmpersandsAreNoAliases() throws {
        let text = "record: { patterns: ['loss: *(?<loss>[0-9.]+)', \"a && b\"] }"
        #expect(try read(text).record.patterns.count == 2)
    }

    @Test func noInputCrashesTheReader() {
        var generator = SeededGenerator(state: 7)
        let source = Array(Self.whole.utf8)
        var refused = 0
        for _ in 0..<2000 {
            var bytes = source
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert("[]{}:\"'&*-?\t\n ,#|>!%".utf8.randomElement(using: &generator) ?? 0, at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + 20))
                }
            }
            do {
                _ = try RecipeReader.read(bytes, file: "f", folderName: "x")
            } catch {
                refused += 1
                #expect(!error.problems.isEmpty)
            }
        }
        #expect(refused > 1000)
    }
}
