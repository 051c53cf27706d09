import HostSystem
import LayerArchive

extension DebianStore {
    /// One file of a package that was fetched before.
    ///
    /// - Parameter path: without a slash in front, such as `usr/bin/tini-static`.
    package func file(_ path: String, of package: DebianPackage, limit: Int = 16 << 20) throws -> [UInt8] {
        let operation = "cannot read \(path) of the package \(package.name)"
        let source = self.path(of: package)
        guard try SHA256.hexDigest(file: source) == package.sha256 else {
            try Files.remove(source)
            throw BaseSystemError(
                .hashMismatch, operation, "the stored file was damaged",
                hint: "it has been removed; run the command again to fetch it anew")
        }
        let tool = try AptTool.find("dpkg-deb", package: "dpkg", environment: environment)
        let result = try tool.run(["--fsys-tarfile", source], timeout: 120)
        guard result.succeeded else { throw AptFailure.error(operation, result) }
        let reader = TarReader(MemorySource(result.output))
        while let entry = try reader.next() {
            guard entry.path == path, entry.kind == .file, entry.size <= limit else { continue }
            var bytes = [UInt8](repeating: 0, count: entry.size)
            _ = try bytes.withUnsafeMutableBytes { try reader.fill($0) }
            return bytes
        }
        throw BaseSystemError(.unusableInput, operation, "the package has no such file")
    }
}
