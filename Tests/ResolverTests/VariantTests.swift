import Glibc
import HostSystem
import RecipeModel
import TestSupport
import Testing

@testable import Resolver

/// Variants add to the lock and change nothing in it: real uv, with wheels that were made for this.
@Suite(.serialized) struct VariantTests {
    private static let home = testHome()

    private func recipe(_ text: String) throws -> Recipe {
        try RecipeReader.read(Array(text.utf8), file: "f", folderName: "x")
    }

    private func resolve(_ text: String, _ folder: String, upgrade: Resolver.Upgrade = .nothing) throws -> Lock {
        var environment = processEnvironment()
        _ = try UVTool.find(home: Self.home, environment: environment)
        environment["PIP_CONFIG_FILE"] = "/dev/null"
        // Else the index would have packages of these names.
        environment["PIP_NO_INDEX"] = "1"
        environment["UV_FIND_LINKS"] = "\(folder)/wheels"
        environment["UV_CACHE_DIR"] = "\(Self.home)/cache/tests"
        let resolution = try Resolver(home: Self.home, environment: environment)
            .resolve(recipe: recipe(text), folder: folder, upgrade: upgrade)
        try resolution.write(folder: folder)
        let lock = try LockReader.read(folder: folder)
        #expect(lock == resolution.lock)
        return lock
    }

    private func withWheels(_ wheels: [ProbeWheel], _ body: (String) throws -> Void) throws {
        try withFolder { folder in
            try Files.makeFolder("\(folder)/wheels")
            for wheel in wheels { try wheel.write(to: "\(folder)/wheels") }
            try body(folder)
        }
    }

    private func versions(_ packages: [Lock.Package]) -> [String] { packages.map { "\($0.name)==\($0.version)" } }

    private let plain = ProbeWheel(name: "probe_base", version: "1.0")
    private let tool = ProbeWheel(name: "probe_tool", version: "1.0", requires: ["probe-base", "probe-help"])
    private let help = ProbeWheel(name: "probe_help", version: "1.0")
    private let debug = "packages: [probe-base]\nvariants: { debug: { packages: [probe-tool] } }\n"

    @Test func aVariantAddsAndThePlainEnvironmentStaysAsItIs() throws {
        try withWheels([plain, tool, help]) { folder in
            let before = try resolve("packages: [probe-base]\n", folder)
            let lock = try resolve(debug, folder)
            #expect(lock.digest == before.digest, "the environment of the plain lock is the same one")
            #expect(lock.pylockDigest == before.pylockDigest && lock.packages == before.packages)
            #expect(lock.variants.map(\.name) == ["debug"])
            #expect(versions(lock.variants[0].packages) == ["probe-help==1.0", "probe-tool==1.0"])
            let variant = try #require(lock.variant("debug"))
            #expect(versions(variant.packages) == ["probe-base==1.0", "probe-help==1.0", "probe-tool==1.0"])
            #expect(variant.environmentID != lock.environmentID && variant.pylockName == "pylock.debug.toml")
            #expect(lock.variant("other") == nil)
            let files = try LockedFiles(
                folder: folder, pylock: variant.pylockName, home: Self.home, environment: [:])
            for package in variant.packages { #expect(files.place(sha256: package.sha256 ?? "") != nil) }
        }
    }

    @Test func aNewerReleaseThatTheVariantCouldTakeMovesNothing() throws {
        try withWheels([plain, tool, help]) { folder in
            _ = try resolve("packages: [probe-base]\n", folder)
            for name in ["probe_base", "probe_help"] {
                try ProbeWheel(name: name, version: "1.1").write(to: "\(folder)/wheels")
            }
            let lock = try resolve(debug, folder)
            #expect(versions(lock.packages) == ["probe-base==1.0"])
            #expect(versions(lock.variants[0].packages) == ["probe-help==1.1", "probe-tool==1.0"])
        }
    }

    @Test func whatAVariantAddedStaysUntilItIsToldToMove() throws {
        try withWheels([plain, tool, help]) { folder in
            let first = try resolve(debug, folder)
            try ProbeWheel(name: "probe_help", version: "1.1").write(to: "\(folder)/wheels")
            try ProbeWheel(name: "probe_base", version: "1.1").write(to: "\(folder)/wheels")
            let text = try Files.readText("\(folder)/bunsen.lock")
            #expect(try resolve(debug, folder) == first)
            #expect(try Files.readText("\(folder)/bunsen.lock") == text)
            let other = try resolve(debug, folder, upgrade: .packages(["probe-base"]))
            #expect(versions(other.packages) == ["probe-base==1.1"])
            #expect(versions(other.variants[0].packages) == ["probe-help==1.0", "probe-tool==1.0"])
            let help = try resolve(debug, folder, upgrade: .packages(["probe_help"]))
            #expect(versions(help.variants[0].packages) == ["probe-help==1.1", "probe-tool==1.0"])
            try ProbeWheel(name: "probe_help", version: "1.2").write(to: "\(folder)/wheels")
            let all = try resolve(debug, folder, upgrade: .everything)
            #expect(versions(all.variants[0].packages) == ["probe-help==1.2", "probe-tool==1.0"])
        }
    }

    @Test func anOlderReleaseIsTakenWhereOnlyThatOneFits() throws {
        let newer = ProbeWheel(name: "probe_tool", version: "2.0", requires: ["probe-base>=2"])
        try withWheels([plain, tool, help, newer]) { folder in
            let lock = try resolve(debug, folder)
            #expect(versions(lock.variants[0].packages) == ["probe-help==1.0", "probe-tool==1.0"])
        }
    }

    @Test(arguments: [
        ("probe-tool", ["probe-base>=2"], "probe-tool cannot be added to probe-base 1.0 of bunsen.lock"),
        ("probe-base>=2", [], "probe-base>=2 cannot be added to probe-base 1.0 of bunsen.lock"),
    ])
    func whatCannotBeMetByAddingNamesBoth(asked: String, requires: [String], message: String) throws {
        let tool = ProbeWheel(name: "probe_tool", version: "1.0", requires: requires)
        let newer = ProbeWheel(name: "probe_base", version: "2.0")
        try withWheels([plain, tool, newer]) { folder in
            let recipe = "packages: [\"probe-base<2\"]\n"
            let before = try resolve(recipe, folder)
            #expect {
                try resolve(recipe + "variants: { debug: { packages: [\"\(asked)\"] } }\n", folder)
            } throws: { error in
                let error = error as? ResolverError
                return error?.kind == .impossible && error?.operation == "cannot lock variants.debug"
                    && error?.cause.hasPrefix(message) == true && error?.hint?.contains("packages:") == true
            }
            #expect(try LockReader.read(folder: folder) == before, "nothing was written")
        }
    }

    @Test func theFileOfAVariantThatIsNoMoreGoesWhereItIsOurs() throws {
        try withWheels([plain, tool, help]) { folder in
            let path = "\(folder)/pylock.debug.toml"
            _ = try resolve(debug, folder)
            _ = try resolve("packages: [probe-base]\n", folder)
            #expect(!Files.exists(path))
            _ = try resolve(debug, folder)
            try Files.write(try Files.readText(path) + "# mine\n", to: path)
            #expect {
                try LockReader.read(folder: folder)
            } throws: {
                ($0 as? LockError)?.kind == .pylock && "\($0)".contains("pylock.debug.toml")
            }
            _ = try resolve("packages: [probe-base]\n", folder)
            #expect(Files.exists(path))
        }
    }

    @Test func recipeAndLockAreComparedByVariant() throws {
        try withWheels([plain, tool, help]) { folder in
            let lock = try resolve(debug, folder)
            func changes(_ text: String) throws -> LockCheck {
                try LockCheck.compare(recipe: recipe(text), folder: folder, lock: lock)
            }
            #expect(try changes(debug) == .agrees)
            #expect(try changes(debug + "system: [git]\n") == .agrees)
            #expect(
                try changes("packages: [probe-base]\nvariants: { debug: { packages: [probe-help] } }\n")
                    == .differs([
                        "variants.debug.packages has probe-help, the lock has not",
                        "the lock has probe-tool, variants.debug.packages has not",
                    ]))
            #expect(
                try changes("packages: [probe-base]\n")
                    == .differs(["the lock has probe-tool, variants.debug.packages has not"]))
        }
    }

    @Test func aVariantWhoseLockCouldHaveNoNameIsRefused() {
        #expect {
            try recipe("variants: { a.b: { packages: [six] } }\n")
        } throws: {
            "\($0)".contains("a.b") && "\($0)".contains("full stop")
        }
        #expect(throws: Never.self) { try recipe("variants: { a.b: { system: [gdb] } }\n") }
    }

    private func sample() -> Lock {
        func package(_ name: String, _ digit: String) -> Lock.Package {
            Lock.Package(
                name: name, version: "1.0", source: "find-links", file: "\(name)-1.0-py3-none-any.whl", size: 12,
                sha256: String(repeating: digit, count: 64))
        }
        let digest = "sha256:" + String(repeating: "0", count: 64)
        var inputs = ResolutionInputs(torch: "", cuda: "", python: "", packages: ["probe-base"])
        inputs.tools = ["jupyter"]
        var lock = Lock(
            inputs: inputs, python: PythonVersion(3, 11), platform: "x86_64-manylinux_2_28",
            packages: [package("probe-base", "a")], pylockDigest: digest)
        lock.variants = [
            Lock.Variant(
                name: "debug", requirements: ["six>=1"], pylockDigest: digest, packages: [package("six", "b")]),
            Lock.Variant(name: "试", requirements: ["probe-base"], pylockDigest: digest, packages: []),
        ]
        return LockWriter.sealed(lock)
    }

    @Test func variantsAreReadAsTheyWereWrittenAndNothingElse() throws {
        let text = LockWriter.text(sample())
        #expect(try LockReader.read(Array(text.utf8), file: "f") == sample())
        var generator = SeededGenerator(11)
        let border = try #require(text.firstRange(of: LockWriter.variantsKey))
        let plain = String(text[..<border.lowerBound])
        let section = text[border.lowerBound...].split(separator: "\n", maxSplits: 1)[1]
        for _ in 0..<3000 {
            var bytes = Array(section.utf8)
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...127, using: &generator)
            case 1: bytes.remove(at: place)
            default: bytes.removeSubrange(place..<min(bytes.count, place + 30))
            }
            let changed = String(decoding: bytes, as: UTF8.self)
            #expect(throws: LockError.self) { try LockReader.read(Array((plain + changed).utf8), file: "f") }
            let sealed = plain + LockWriter.variantsKey + LockWriter.digest(ofBody: changed) + "\n" + changed
            guard let lock = try? LockReader.read(Array(sealed.utf8), file: "f") else { continue }
            #expect(lock.packages == sample().packages && !lock.variants.contains { $0.name.contains("/") })
        }
    }

    @Test func namesOfVariantsThatWouldLeaveTheFolderAreRefused() {
        for name in ["../x", "a.b", "", "a/b"] {
            var lock = sample()
            lock.variants[0].name = name
            #expect(throws: LockError.self) { try LockReader.read(Array(LockWriter.text(lock).utf8), file: "f") }
        }
        var twice = sample()
        twice.variants[1].name = "debug"
        #expect(throws: LockError.self) { try LockReader.read(Array(LockWriter.text(twice).utf8), file: "f") }
    }

    @Test func toolsThatArePythonProgramsAreLocked() throws {
        let wheels = ["jupyterlab", "ipykernel", "nbclient"].map { ProbeWheel(name: $0, version: "9.0") }
        try withWheels(wheels) { folder in
            let lock = try resolve("tools: [ssh, jupyter]\n", folder)
            #expect(lock.packages.map(\.name) == ["ipykernel", "jupyterlab", "nbclient"])
            #expect(lock.inputs.tools == ["jupyter"])
            #expect(
                try LockCheck.compare(recipe: recipe("tools: [ssh]\n"), folder: folder, lock: lock)
                    == .differs(["the lock has jupyter, tools has not"]))
        }
    }
}
