import HostSystem
import TestSupport

/// An image of layers that do not compress, in an OCI layout folder.
struct SampleLayout {
    let path: String
    /// Of the manifest.
    let digest: String
    /// Bytes of all blobs.
    let size: Int

    /// - Parameter layers: bytes of the one file in each.
    init(_ path: String, layers: [Int]) throws {
        let made = try program("python3").run(["-c", Self.script, path] + layers.map(String.init))
        guard made.succeeded else { throw Unexpected(made) }
        self.path = path
        digest = made.outputText.trimmingNewline
        size = try Self.sizes(path).reduce(0) { $0 + $1.size }
    }

    /// The bytes of a blob, such as `sha256:…` names one.
    func blob(_ digest: String) -> [UInt8]? {
        try? Files.read("\(path)/blobs/sha256/\(digest.dropFirst(7))", limit: 256 << 20)
    }

    /// The digest of the largest blob.
    func largest() throws -> String {
        "sha256:" + (try Self.sizes(path).max { $0.size < $1.size }?.name ?? "")
    }

    private static func sizes(_ path: String) throws -> [(name: String, size: Int)] {
        try Files.names(in: "\(path)/blobs/sha256").map {
            ($0, try Files.read("\(path)/blobs/sha256/\($0)", limit: 256 << 20).count)
        }
    }

    /// What a registry with this image as `a:v1` answers to readers.
    func answer(_ request: ScriptedServer.Request) -> [ScriptedServer.Action] {
        let name = String(request.path.split(separator: "/").last ?? "")
        if request.path == "/v2/" { return ScriptedServer.answer(200) }
        if request.path.contains("/manifests/") {
            let type = ["Content-Type": "application/vnd.oci.image.manifest.v1+json"]
            return ScriptedServer.answer(200, type, blob(digest) ?? [])
        }
        guard let bytes = blob(name) else { return ScriptedServer.answer(404) }
        return ScriptedServer.answer(200, [:], bytes)
    }

    private static let script = """
        import hashlib, io, json, os, random, sys, tarfile
        folder, sizes = sys.argv[1], [int(size) for size in sys.argv[2:]]
        os.makedirs(f"{folder}/blobs/sha256")
        def put(data, type):
            digest = hashlib.sha256(data).hexdigest()
            open(f"{folder}/blobs/sha256/{digest}", "wb").write(data)
            return {"mediaType": f"application/vnd.oci.image.{type}", "digest": f"sha256:{digest}", "size": len(data)}
        layers = []
        for number, size in enumerate(sizes):
            file = io.BytesIO()
            with tarfile.open(fileobj=file, mode="w") as tar:
                entry = tarfile.TarInfo(f"file{number}")
                entry.size = size
                tar.addfile(entry, io.BytesIO(random.Random(number).randbytes(size)))
            layers.append(put(file.getvalue(), "layer.v1.tar"))
        config = {"architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}}
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": put(json.dumps(config).encode(), "config.v1+json"), "layers": layers}
        root = put(json.dumps(manifest).encode(), "manifest.v1+json")
        root["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
        open(f"{folder}/oci-layout", "w").write('{"imageLayoutVersion":"1.0.0"}')
        open(f"{folder}/index.json", "w").write(json.dumps({"schemaVersion": 2, "manifests": [root]}))
        print(root["digest"])
        """
}

extension String {
    fileprivate var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
