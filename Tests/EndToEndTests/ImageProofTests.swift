import HostSystem
import TestSupport
import Testing

/// `bunsen build` finds a missing library before anything is imported, in images that are really built.
@Suite(.serialized) struct ImageProofTests {
    private static let image = "localhost/proof/oldext:test"

    @Test func aMissingLibraryFailsTheBuildAndNamesTheWheel() throws {
        try ProvenImage.with { bench in
            try bench.addExtension()
            try bench.project.write(ProvenImage.recipe("[oldext]"), to: "bunsen.yaml")
            let result = try bench.build("-t", Self.image)
            #expect(result.end == .exited(code: 65), "\(result.errorText)")
            let text = result.errorText
            #expect(text.contains("oldext-1.0-py3-none-any.whl: libcudart.so.11.0 is not in the image"))
            #expect(text.contains("/site-packages/oldext/_C.abi3.so of oldext 1.0 needs it"))
            #expect(text.contains("hint: it is built for CUDA 11, and nothing in the image brings CUDA 11"))
            #expect(!text.contains("importing"), "nothing was imported yet")
            #expect(try bench.project.bunsen("image", "inspect", "store:\(Self.image)").end == .exited(code: 66))

            // What nothing else needs is a plug-in: worth a line of the report.
            try bench.addExtension(module: "libplugin.so")
            let proof = try bench.json("-t", Self.image)["proof"]
            #expect(proof["findings"].array.count == 1)
            #expect(proof["findings"][0]["package"].string == "oldext==1.0")
            #expect(try bench.project.bunsen("image", "delete", "store:\(Self.image)").succeeded)
        }
    }

    @Test func aLibraryOfAnotherWheelIsEnoughAndIsReadOnce() throws {
        try ProvenImage.with { bench in
            try bench.addExtension()
            // A store that outlives the tests has never seen this wheel.
            try Files.write("\(UInt64.random(in: 0...UInt64.max))", to: "\(bench.scratch)/stamp")
            try bench.addWheel(
                "nvidia_cuda_runtime_cu11", "11.8.89",
                files: [
                    "nvidia/cuda_runtime/lib/libcudart.so.11.0": "\(bench.scratch)/libcudart.so.11.0",
                    "nvidia/cuda_runtime/stamp": "\(bench.scratch)/stamp",
                ])
            try bench.project.write(
                ProvenImage.recipe("[oldext, nvidia-cuda-runtime-cu11]"), to: "bunsen.yaml")
            let first = try bench.json("-t", Self.image)
            #expect(first["proof"]["findings"].array.isEmpty)
            #expect(first["proof"]["files"].number ?? 0 > 100, "the base is looked at too")
            #expect(first["proof"]["importsFirst"]["oldext"].array.map(\.string) == ["nvidia-cuda-runtime-cu11"])
            #expect(first["proof"]["layersRead"].number ?? 0 > 0)
            let second = try bench.json("-t", Self.image)
            #expect(second["digest"] == first["digest"])
            #expect(second["proof"]["layersRead"].number == 0)
            #expect(second["proof"]["files"] == first["proof"]["files"])
            // The layers of both packages are known, and one is gone.
            try bench.project.write(ProvenImage.recipe("[nvidia-cuda-runtime-cu11]"), to: "bunsen.yaml")
            let report = try bench.build("-t", Self.image, "--report")
            #expect(report.succeeded, "\(report.errorText)")
            for line in ["no longer there: oldext==1.0", "nvidia-cuda-runtime-cu11  11.8.89", "libraries: "] {
                #expect(report.outputText.contains(line), "\(line): \(report.outputText)")
            }
            #expect(try bench.project.bunsen("image", "delete", "store:\(Self.image)").succeeded)
        }
    }

    /// A real environment: torch and what it brings, numpy and scipy with libraries of their own.
    @Test func theDigitsImageIsProven() throws {
        try ProvenImage.with { bench in
            let name = "localhost/proof/digits:test"
            var digits = Project(folder: bench.project.folder)
            digits.environment["BUNSEN_HOME"] = Project.home
            try digits.write(
                ProvenImage.recipe("[numpy, scikit-learn]") + "torch: \"2.13\"\ncuda: cpu\n", to: "bunsen.yaml")
            let result = try digits.bunsen("build", "-t", name, "--format", "json", timeout: 1800)
            guard result.succeeded else { throw Unexpected(result) }
            let report = try JSONValue(parsing: result.output)
            #expect(report["proof"]["files"].number ?? 0 > 500)
            #expect(report["proof"]["findings"].array.isEmpty)
            #expect(report["packages"].array.contains { $0["name"].string == "torch" })
            #expect(report["torch"].string?.hasPrefix("2.13") == true)
            #expect(try digits.bunsen("image", "delete", "store:\(name)").succeeded)
        }
    }
}

/// A project whose image is built of wheels that the test makes, on a base that is pinned once for all of them.
private struct ProvenImage {
    let wheels: WheelProject
    var project: Project { wheels.project }
    /// Where libraries are linked.
    let scratch: String

    static func recipe(_ packages: String) -> String {
        "name: proof\npython: \"3.11\"\ncompiler: false\npackages: \(packages)\n"
    }

    private static let keptLock = "\(Project.home)/proof/bunsen-image.lock"

    static func with(_ body: (ProvenImage) throws -> Void) throws {
        try WheelProject.with(sharesHome: true) { wheels in
            try withTemporaryFolder { scratch in
                let lock = "\(wheels.project.folder)/bunsen-image.lock"
                if Files.exists(keptLock) { try Files.write(try Files.read(keptLock), to: lock) }
                try body(ProvenImage(wheels: wheels, scratch: scratch))
                try Files.makeFolder("\(Project.home)/proof")
                try Files.write(try Files.read(lock), to: keptLock)
            }
        }
    }

    func build(_ arguments: String...) throws -> Tool.Result {
        try project.bunsen(arguments: ["build"] + arguments, timeout: 1800)
    }

    func json(_ arguments: String...) throws -> JSONValue {
        let result = try project.bunsen(arguments: ["build", "--format", "json"] + arguments, timeout: 1800)
        guard result.succeeded else { throw Unexpected(result) }
        return try JSONValue(parsing: result.output)
    }

    /// A wheel with a real shared object that was linked against libcudart.so.11.0, as an extension for CUDA 11 is.
    func addExtension(module: String = "_C.abi3.so") throws {
        let script = """
            set -e
            printf '.globl PyInit__C\\n.type PyInit__C, %%function\\nPyInit__C:\\nret\\n' > c.s
            printf '.globl cudaMalloc\\n.type cudaMalloc, %%function\\ncudaMalloc:\\nret\\n' > cuda.s
            as -o c.o c.s
            as -o cuda.o cuda.s
            ld -shared -soname libcudart.so.11.0 -o libcudart.so.11.0 cuda.o
            ld -shared -o _C.so c.o libcudart.so.11.0
            """
        var linker = Project(folder: scratch)
        linker.environment = project.environment
        let result = try linker.shell(script)
        guard result.succeeded else { throw Unexpected(result) }
        try addWheel("oldext", "1.0", files: ["oldext/\(module)": "\(scratch)/_C.so"])
    }

    /// - Parameter files: paths in the wheel, and where their content is.
    func addWheel(_ name: String, _ version: String, files: [String: String]) throws {
        let script = """
            import base64, hashlib, sys, zipfile
            name, version, folder, *pairs = sys.argv[1:]
            info = f"{name}-{version}.dist-info"
            files = {path: open(place, "rb").read() for path, place in (pair.split("=", 1) for pair in pairs)}
            files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n".encode()
            files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
            def row(path, data):
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                return f"{path},sha256={digest},{len(data)}\\n"
            rows = "".join(row(path, data) for path, data in files.items())
            files[f"{info}/RECORD"] = (rows + f"{info}/RECORD,,\\n").encode()
            with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
                for path, data in files.items(): archive.writestr(zipfile.ZipInfo(path), data)
            """
        let environment = processEnvironment()
        guard let python = findExecutable("python3", searchPath: environment["PATH"] ?? "", from: "/") else {
            throw SystemError("find", "python3", code: 2)
        }
        let pairs = files.map { "\($0.key)=\($0.value)" }.sorted()
        let result = try Tool(executable: python, environment: environment)
            .run(["-c", script, name, version, wheels.wheels] + pairs)
        guard result.succeeded else { throw Unexpected(result) }
        // Another wheel of the same name and version has another hash.
        for lock in ["bunsen.lock", "pylock.toml"] { try Files.remove("\(project.folder)/\(lock)") }
    }
}
