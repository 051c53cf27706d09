import HostSystem
import RecipeModel

/// Makes a lock from what uv resolved.
struct LockBuilder {
    let inputs: ResolutionInputs
    let python: PythonVersion
    let platform: String
    let folder: String

    func lock(pylock: PyLock, text: String) throws -> Lock {
        let packages = try pylock.packages.map(package).sorted { ($0.name, $0.version) < ($1.name, $1.version) }
        var lock = Lock(
            inputs: inputs, python: python, platform: platform, torch: nil, packages: packages,
            pylockDigest: "sha256:" + SHA256.hexDigest(text.utf8))
        if let version = lock.version(of: "torch") {
            lock.torch = Lock.TorchBuild(version: version, build: build(of: version, in: lock))
        }
        return LockWriter.sealed(lock)
    }

    private func package(_ package: PyLock.Package) throws -> Lock.Package {
        var locked = Lock.Package(name: package.name, version: package.version, source: "")
        if let repository = package.repository {
            locked.source = repository.url
            locked.commit = repository.commit
            return locked
        }
        guard let archive = package.archive else {
            throw ResolverError(
                .unusableInput, Resolver.operation,
                "\(package.name) is a folder of this machine\(package.folder.map { " (\($0))" } ?? "")",
                hint: "a lock holds released packages and commits of repositories; install your own code by PYTHONPATH")
        }
        guard let sha256 = archive.sha256 else {
            throw ResolverError(
                .unusableInput, Resolver.operation, "the index gives no sha256 for \(archive.fileName)",
                hint: "use an index that does; a package cannot be locked without")
        }
        locked.source = source(archive, index: package.index)
        locked.file = archive.fileName
        locked.size = archive.size
        locked.sha256 = sha256
        return locked
    }

    private func source(_ archive: PyLock.Archive, index: String?) -> String {
        if archive.isPath || FileURL.path(archive.location) != nil { return "find-links" }
        let url = index ?? archive.location
        guard let scheme = url.firstRange(of: "://") else { return url }
        let rest = url[scheme.upperBound...]
        // An index is named with its path (PyTorch has one per build), a file by its host.
        return String(index == nil ? rest.prefix { $0 != "/" } : rest.prefix { $0 != "?" && $0 != "#" })
    }

    /// `cpu` or `cu128`: the local label of torch's version, else the CUDA runtime that it depends on.
    private func build(of version: String, in lock: Lock) -> String {
        if let label = version.split(separator: "+").dropFirst().first { return String(label) }
        let runtimes = ["nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12", "nvidia-cuda-runtime-cu11"]
        guard let runtime = runtimes.lazy.compactMap(lock.version(of:)).first else { return "" }
        return CUDAVersion(runtime.split(separator: ".").prefix(2).joined(separator: "."))?.tag ?? ""
    }
}
