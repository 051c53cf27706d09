import HostSystem
import RecipeModel
import TestSupport
import Testing

@testable import BaseSystem
@testable import Resolver

/// Pins for tests that need no mirror.
enum Samples {
    static let request = BaseRequest(
        architecture: "amd64", python: PythonVersion(3, 11), system: ["tmux", "git", "git"], compiler: true,
        variants: ["debug": ["gdb"], "plain": []])

    static func package(_ name: String, version: String = "1:2.0~rc1+b2-3") -> DebianPackage {
        DebianPackage(
            name: name, version: version, architecture: "amd64", size: 12,
            sha256: SHA256.hexDigest(name.utf8), archive: "bookworm-security",
            path: "pool/updates/main/\(name)/\(name)_2.0_amd64.deb")
    }

    static let debian = DebianPin(
        suite: "bookworm", architecture: "amd64", date: Timestamp(seconds: 1_790_000_000),
        packages: [package("bash"), package("libstdc++6")], variants: ["debug": [package("gdb")]])

    static let standalone = StandalonePython(
        key: "cpython-3.12.7-linux-x86_64-gnu", version: "3.12.7", file: "cpython-3.12.7+20260101-x86_64.tar.gz",
        size: 30, sha256: SHA256.hexDigest("python".utf8))

    static let image = ImagePin(
        reference: "registry.example.org:5000/team/base:2", digest: "sha256:" + SHA256.hexDigest("image".utf8),
        platform: "linux/amd64", initPackage: package("tini"))
}

@Suite struct BaseLockTests {
    @Test func everyKindOfPinComesBack() throws {
        var bare = Samples.image
        bare.initPackage = nil
        let bases: [BasePin] = [.debian(Samples.debian), .image(Samples.image), .image(bare)]
        let pythons: [PythonPin] = [.none, .base(version: "3.11.2"), .standalone(Samples.standalone)]
        for base in bases {
            for python in pythons {
                let lock = BaseLock(request: Samples.request, base: base, python: python)
                let read = try BaseLockReader.read(Array(BaseLockWriter.text(lock).utf8), file: "x")
                #expect(read == lock)
                #expect(read.digest.hasPrefix("sha256:"))
            }
        }
    }

    @Test func theLockIsWrittenForPeople() throws {
        let lock = BaseLock(request: Samples.request, base: .debian(Samples.debian), python: .base(version: "3.11.2"))
        let lines = BaseLockWriter.text(lock).split(separator: "\n").map(String.init)
        #expect(lines.contains("  date: 2026-09-21T14:13:20Z"))
        #expect(lines.contains("    - debug gdb"))
        #expect(lines.contains { $0.hasPrefix("    - bash 1:2.0~rc1+b2-3 amd64 12 sha256:") })
        #expect(!BaseLockWriter.text(lock).contains("://"))
    }

    @Test func aLockInAFolderIsReplacedWholeAndFoundMissing() throws {
        try withTemporaryFolder { folder in
            #expect(throws: BaseLockError.self) { try BaseLockReader.read(folder: folder) }
            let lock = BaseLock(request: Samples.request, base: .debian(Samples.debian), python: .none)
            try lock.write(folder: folder)
            #expect(try BaseLockReader.read(folder: folder) == lock)
            #expect(try Files.names(in: folder) == [BaseLock.fileName])
        }
    }

    @Test func aChangedLockIsRefused() throws {
        let lock = BaseLock(request: Samples.request, base: .debian(Samples.debian), python: .none)
        let text = BaseLockWriter.text(lock)
        let error = #expect(throws: BaseLockError.self) {
            try BaseLockReader.read(Array(text.replacing("gdb_2.0", with: "gdb_2.1").utf8), file: "x")
        }
        #expect(error?.kind == .edited)
        let cut = #expect(throws: BaseLockError.self) {
            try BaseLockReader.read(Array(text.utf8.dropLast(30)), file: "x")
        }
        #expect(cut?.kind == .edited)
    }

    @Test func hostilePartsOfAPackageAreRefused() throws {
        let hostile: [(inout DebianPackage) -> Void] = [
            { $0.name = "-o" }, { $0.name = "a b" }, { $0.name = "" }, { $0.version = "1;rm" },
            { $0.path = "../../etc/passwd.deb" }, { $0.path = "/etc/x.deb" }, { $0.path = "pool/x" },
            { $0.archive = "-x" }, { $0.sha256 = "00" }, { $0.size = -1 }, { $0.architecture = "$(x)" },
        ]
        for change in hostile {
            var package = Samples.package("bash")
            #expect(package.isWellFormed)
            change(&package)
            #expect(!package.isWellFormed, "\(package)")
            var pin = Samples.debian
            pin.packages = [package]
            let lock = BaseLock(request: Samples.request, base: .debian(pin), python: .none)
            #expect(throws: BaseLockError.self) {
                try BaseLockReader.read(Array(BaseLockWriter.text(lock).utf8), file: "x")
            }
        }
    }

    @Test func whateverBytesComeNothingTraps() throws {
        let lock = BaseLock(
            request: Samples.request, base: .debian(Samples.debian), python: .standalone(Samples.standalone))
        let body = BaseLockWriter.body(lock)
        var random = SeededGenerator(3)
        var accepted = 0
        for _ in 0..<3000 {
            var bytes = Array(body.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
                default: bytes.insert(contentsOf: Array(" \n- \"".utf8), at: place)
                }
            }
            // With a digest that fits, so that the parser sees the damage and not only the check of the digest.
            let broken = String(decoding: bytes, as: UTF8.self)
            let text =
                "\(BaseLockWriter.header)\n\(BaseLockWriter.formatLine)\n"
                + "digest: \(BaseLockWriter.digest(ofBody: broken))\n\(broken)"
            if (try? BaseLockReader.read(Array(text.utf8), file: "x")) != nil { accepted += 1 }
        }
        #expect(accepted > 300 && accepted < 2700)
    }
}

@Suite struct BaseRequestTests {
    @Test func suitesAndImagesAreToldApart() throws {
        func suite(_ base: String) throws -> String? {
            try BaseRequest(base: base, architecture: "amd64", python: PythonVersion(3, 11)).suite
        }
        #expect(try suite("debian:bookworm") == "bookworm")
        #expect(try suite("debian:12") == "bookworm")
        #expect(try suite("registry.example.org/debian:bookworm") == nil)
        #expect(try suite("ubuntu:24.04") == nil)
        let error = #expect(throws: BaseSystemError.self) { _ = try suite("debian:bokworm") }
        #expect(error?.hint == "did you mean debian:bookworm?")
    }

    @Test func theRecipeAndItsLockMakeTheRequest() throws {
        let text = """
            torch: "2.8"
            system: [git]
            tools: [ssh, jupyter]
            variants: { debug: { system: [gdb, gcc] }, other: { env: { A: b } } }
            """
        let recipe = try RecipeReader.read(Array(text.utf8), file: "bunsen.yaml", folderName: "x")
        var lock = Lock(
            inputs: ResolutionInputs(torch: "2.8", cuda: "", python: "", packages: []), python: PythonVersion(3, 12),
            platform: "x86_64-manylinux_2_28", torch: Lock.TorchBuild(version: "2.8.0", build: "cu128"), packages: [],
            pylockDigest: "sha256:")
        let request = try BaseRequest(recipe: recipe, lock: lock)
        #expect(request.base == "debian:bookworm")
        #expect(request.architecture == "amd64")
        #expect(request.python == PythonVersion(3, 12))
        #expect(request.system == ["git", "openssh-server", "rsync"])
        #expect(request.compiler)
        #expect(request.variants == ["debug": ["gcc", "gdb"]])
        lock.torch = nil
        #expect(try !BaseRequest(recipe: recipe, lock: lock).compiler)
        lock.platform = "mips-linux"
        #expect(throws: BaseSystemError.self) { try BaseRequest(recipe: recipe, lock: lock) }
    }

    @Test func whatChangedIsNamed() {
        let lock = BaseLock(request: Samples.request, base: .debian(Samples.debian), python: .none)
        #expect(lock.changes(to: Samples.request).isEmpty)
        var now = Samples.request
        now.system = ["git", "vim"]
        now.compiler = false
        now.variants = [:]
        let changes = lock.changes(to: now)
        #expect(changes.count == 4)
        #expect(changes.contains("system has vim, bunsen-image.lock has not"))
        #expect(changes.contains("compiler is false, bunsen-image.lock has true"))
        #expect(changes.contains("bunsen-image.lock has gdb of variants.debug.system, the recipe has not"))
        #expect(now.digest != Samples.request.digest)
    }

    @Test func aCompilerCanBeLeftOut() throws {
        let text = "torch: \"2.8\"\ncompiler: false"
        let recipe = try RecipeReader.read(Array(text.utf8), file: "bunsen.yaml", folderName: "x")
        #expect(recipe.compiler == false)
        #expect(throws: RecipeError.self) {
            try RecipeReader.read(Array("compiler: \"no\"".utf8), file: "bunsen.yaml", folderName: "x")
        }
    }
}
