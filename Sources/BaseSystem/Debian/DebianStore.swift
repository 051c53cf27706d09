import Glibc
import HostSystem

/// The .deb files of a base in a folder, each under its own SHA-256.
package struct DebianStore {
    /// Files are called by their digest, 64 hexadecimal digits.
    package let folder: String
    let environment: [String: String]
    let progress: (String) -> Void

    /// - Parameter folder: made where it is missing; may be shared by several processes.
    package init(folder: String, environment: [String: String], progress: @escaping (String) -> Void = { _ in }) {
        self.folder = folder
        self.environment = environment
        self.progress = progress
    }

    static let operation = "cannot fetch the Debian packages of the base"
    /// Files a call of apt's fetcher: small enough for steps of progress, large enough to keep its connection busy.
    private static let batch = 48

    package func path(of package: DebianPackage) -> String { "\(folder)/\(package.sha256)" }

    /// Makes sure that every package is there with the right bytes. What is there already is checked by its size.
    package func fetch(_ packages: [DebianPackage], suite: String) throws {
        try Files.makeFolder(folder)
        var missing = packages.filter { (try? fileSize(path(of: $0))) != $0.size }
        // What is used now is not pruned while it is used. Nothing depends on the right to say so.
        for package in packages { utimensat(AT_FDCWD, path(of: package), nil, 0) }
        if missing.isEmpty { return }
        // One process fetches at a time; what another one fetched meanwhile is not fetched again. What a killed one
        // left in `incoming` is thrown away, so that nothing half-made is ever used.
        let lock = try FileLock.wait("\(folder)/.incoming.lock")
        defer { withExtendedLifetime(lock) {} }
        missing = missing.filter { (try? fileSize(path(of: $0))) != $0.size }
        let incoming = "\(folder)/.incoming"
        try Files.remove(incoming)
        try Files.makeFolder(incoming)
        defer { try? Files.remove(incoming) }

        let sources = try DebianSource.find(suite: suite, environment: environment)
        let total = missing.reduce(0) { $0 &+ $1.size }
        var done: Int64 = 0
        for start in stride(from: 0, to: missing.count, by: Self.batch) {
            let batch = Array(missing[start..<min(start + Self.batch, missing.count)])
            progress("fetching \(missing.count) Debian packages, \(done >> 20) of \(total >> 20) MiB")
            try fetch(batch: batch, sources: sources, incoming: incoming)
            done += batch.reduce(0) { $0 &+ $1.size }
        }
    }

    /// Tries the mirrors of each package in turn, those of its own part of the archive first.
    private func fetch(batch: [DebianPackage], sources: [DebianSource], incoming: String) throws {
        var missing = batch
        var failure: BaseSystemError?
        let tries = Set(sources.map(\.address)).count
        for turn in 0..<tries where !missing.isEmpty {
            let wanted = missing.compactMap { package -> (package: DebianPackage, arguments: [String])? in
                let own = sources.filter { $0.archive == package.archive } + sources
                var addresses: [String] = []
                for source in own where !addresses.contains(source.address) { addresses.append(source.address) }
                guard turn < addresses.count else { return nil }
                let address = addresses[turn] + PercentCoding.encoded(path: package.path)
                return (package, [address, "\(incoming)/\(package.sha256)", "SHA256:\(package.sha256)"])
            }
            let tool = try AptTool.find("apt-helper", environment: environment)
            let result = try tool.run(
                ["-o", "Acquire::Retries=2", "-o", "APT::Sandbox::User=root", "download-file"]
                    + wanted.flatMap(\.arguments), timeout: 3600)
            for (package, _) in wanted { try take(package, from: "\(incoming)/\(package.sha256)") }
            missing = missing.filter { (try? fileSize(path(of: $0))) != $0.size }
            // apt's fetcher reports a wrong hash and goes on, so ours is the word that counts.
            if !missing.isEmpty { failure = failure ?? self.failure(result, missing) }
        }
        if !missing.isEmpty {
            throw failure ?? BaseSystemError(.other, Self.operation, "\(missing.count) packages are missing")
        }
    }

    private func failure(_ result: Tool.Result, _ missing: [DebianPackage]) -> BaseSystemError {
        let error = AptFailure.error(Self.operation, result)
        let names = missing.prefix(5).map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        if result.errorText.contains("404") {
            return BaseSystemError(
                .withdrawn, Self.operation, "no mirror has \(names) any more",
                hint: "lock again: bunsen lock --image --upgrade; or name a mirror that keeps old versions: "
                    + "BUNSEN_DEBIAN_MIRROR", detail: error.detail)
        }
        if error.kind == .hashMismatch || error.kind == .other {
            return BaseSystemError(
                .hashMismatch, Self.operation, "the mirror has other bytes for \(names) than the lock",
                hint: "use another mirror: BUNSEN_DEBIAN_MIRROR", detail: error.detail)
        }
        return error
    }

    /// Moves a fetched file to its place when its bytes are the right ones.
    private func take(_ package: DebianPackage, from path: String) throws {
        // For a mirror on this machine, apt makes a link to the mirror's own file.
        guard let real = Files.resolved(path), (try? fileSize(real)) == package.size else { return }
        guard try SHA256.hexDigest(file: real) == package.sha256 else {
            try Files.remove(path)
            return
        }
        if real != Files.resolved(folder).map({ "\($0)/.incoming/\(package.sha256)" }) {
            try Files.remove("\(path).copy")
            try copyFile(real, to: "\(path).copy")
            guard rename("\(path).copy", path) == 0 else { throw SystemError("write", path) }
        }
        chmod(path, 0o644)
        // The fetcher sets the time at which the mirror got the file; here it is the time of the last use.
        utimensat(AT_FDCWD, path, nil, 0)
        guard rename(path, self.path(of: package)) == 0 else { throw SystemError("write", self.path(of: package)) }
    }
}

func fileSize(_ path: String) throws -> Int64 {
    var status = stat()
    guard stat(path, &status) == 0 else { throw SystemError("read", path) }
    return Int64(status.st_size)
}

/// Copies the content of a file to a new one.
func copyFile(_ source: String, to destination: String) throws {
    let input = try Descriptor.open(source, O_RDONLY)
    let output = try Descriptor.open(destination, O_WRONLY | O_CREAT | O_EXCL)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let count = buffer.withUnsafeMutableBytes { bytes in
            retryingInterrupts { read(input.number, bytes.baseAddress, bytes.count) }
        }
        guard count >= 0 else { throw SystemError("read", source) }
        if count == 0 { return }
        try output.writeAll(buffer[..<count], path: destination)
    }
}
