import ContentStore
import Glibc
import HostSystem
import LayerArchive
import OCIModel
import OCIRegistry
import RecipeModel
import TestSupport

@testable import ImageBuilder
@testable import Resolver

/// Makes wheels, locks of them, and images of these locks without an index and without a Debian system.
struct WheelBench {
    struct Wheel {
        var name: String
        var version: String
        /// Bytes of its one file, which does not compress.
        var size: Int
    }

    let folder: String

    /// Makes the wheels in a folder of that name and writes the pylock.toml that says so.
    func make(_ wheels: [Wheel], in name: String) throws -> Lock {
        let place = "\(folder)/\(name)"
        try Files.makeFolder(place)
        let list = wheels.map { "\($0.name) \($0.version) \($0.size)" }.joined(separator: "\n")
        let made = try program("python3").run(["-c", Self.script, place, list])
        guard made.succeeded else { throw Unexpected(made) }
        var packages: [Lock.Package] = []
        var pylock = "lock-version = \"1.0\"\n"
        for wheel in wheels.sorted(by: { $0.name < $1.name }) {
            let file = "\(wheel.name)-\(wheel.version)-py3-none-any.whl"
            let sha256 = try SHA256.hexDigest(file: "\(place)/\(file)")
            pylock += """
                [[packages]]
                name = "\(wheel.name)"
                version = "\(wheel.version)"
                archive = { path = "\(file)", hashes = { sha256 = "\(sha256)" } }

                """
            packages.append(
                Lock.Package(
                    name: wheel.name, version: wheel.version, source: "find-links", file: file,
                    size: Int64(try Files.size("\(place)/\(file)")), sha256: sha256))
        }
        try Files.write(pylock, to: "\(place)/pylock.toml")
        return Lock(
            inputs: ResolutionInputs(torch: "", cuda: "", python: "", packages: []),
            python: PythonVersion(3, 11), platform: "any", packages: packages, pylockDigest: "",
            digest: "sha256:" + SHA256.hexDigest(pylock.utf8))
    }

    /// Each wheel has one module, of a list of names, and one file of bytes that depend on name and version.
    private static let script = """
        import base64, hashlib, random, sys, zipfile
        folder = sys.argv[1]
        for line in sys.argv[2].split("\\n"):
            name, version, size = line.split()
            info = f"{name}-{version}.dist-info"
            files = {f"{name}/__init__.py": f"version = '{version}'\\n".encode(),
                f"{name}/data.bin": random.Random(name + version).randbytes(int(size)),
                f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n".encode(),
                f"{info}/WHEEL": b"Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
            rows = [f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},"
                f"{len(data)}\\n" for path, data in files.items()]
            files[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\\n"]).encode()
            with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
                for path, data in files.items():
                    archive.writestr(zipfile.ZipInfo(path), data, zipfile.ZIP_DEFLATED)
        """

    /// A base of one small layer, in the store.
    func base(in store: ContentStore) throws -> ImageBase {
        let blob = try store.blobFile()
        let writer = try LayerWriter(blob.descriptor, name: "base")
        try writer.addFile("/etc/os-release", mode: 0o644, content: Array("ID=bench\n".utf8))
        let made = try writer.finish()
        _ = try blob.finish(trusting: made.descriptor.digest, size: made.descriptor.size)
        let record = LayerRecord(
            descriptor: made.descriptor, diffID: made.diffID, unpackedSize: made.uncompressedSize)
        return ImageBase(
            name: "bench", digest: "sha256:bench", created: "2026-01-01T00:00:00Z",
            layers: [.init(kind: .base, title: "bench", record: record, isMade: false)],
            interpreter: "/usr/bin/python3.11", pythonVersion: "3.11.2", initProgram: [])
    }

    /// - Parameter wheels: the folder whose pylock.toml says where the wheels are.
    func request(_ lock: Lock, wheels: String, name: ImageReference) throws -> ImageRequest {
        var request = ImageRequest(
            name: name,
            recipe: try RecipeReader.read(Array("name: bench\n".utf8), file: "bunsen.yaml", folderName: "x"),
            recipeDigest: "sha256:recipe", lock: lock,
            files: try LockedFiles(folder: "\(folder)/\(wheels)", home: folder, environment: [:]), project: folder)
        (request.importsTorch, request.provesLibraries) = (false, false)
        return request
    }

    func build(_ request: ImageRequest, in store: ContentStore) throws -> BuiltImage {
        try ImageBuilder(store: store, environment: processEnvironment(), progress: BuildProgress()).build(
            request, on: base(in: store))
    }
}

func session() -> RegistrySession {
    var settings = RegistrySession.Settings()
    settings.retries.firstDelay = 0.02
    return RegistrySession(
        credentials: CredentialStore(environment: ["HOME": "/nonexistent"]), certificates: CertificateFolders([]),
        settings: settings)
}

/// Long enough for several requests to meet.
func sleepBriefly() { usleep(30_000) }
