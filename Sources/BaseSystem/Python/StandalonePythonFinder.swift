import FoundationEssentials
import Glibc
import HostSystem
import RecipeModel
import Resolver

/// Finds a build of CPython that needs no system Python, through uv: `uv python list` and `uv python install`, with
/// uv's own settings for mirrors.
package struct StandalonePythonFinder {
    let home: String
    let environment: [String: String]
    let progress: (String) -> Void

    package init(home: String, environment: [String: String], progress: @escaping (String) -> Void = { _ in }) {
        self.home = home
        self.environment = environment
        self.progress = progress
    }

    static let operation = "cannot pin the Python of the image"

    /// The newest release of a minor version, fetched once to know its digest.
    ///
    /// - Parameters:
    ///   - architecture: Debian's word.
    ///   - base: the version that the base has, for the message when there is no other.
    func pin(_ version: PythonVersion, architecture: String, base: PythonVersion?) throws -> StandalonePython {
        let uv = try UVTool.find(home: home, environment: environment, progress: progress)
        let builds = try list(uv, architecture: architecture)
        let fitting = builds.filter { $0.minor == version }
        guard let newest = fitting.max(by: { $0.patch < $1.patch }) else { throw unavailable(version, builds, base) }
        progress("fetching Python \(newest.version)")
        return try withFetched(newest.key, uv: uv, variables: [:]) { path in
            StandalonePython(
                key: newest.key, version: newest.version, file: newest.file, size: try fileSize(path),
                sha256: try SHA256.hexDigest(file: path))
        }
    }

    /// Makes sure that a pinned build is in a folder under its digest, and returns its path: a tar archive with gzip
    /// in which everything lies below `python/`.
    package func fetch(_ python: StandalonePython, into folder: String) throws -> String {
        let path = "\(folder)/\(python.sha256)"
        if (try? fileSize(path)) == python.size {
            utimensat(AT_FDCWD, path, nil, 0)
            return path
        }
        try Files.makeFolder(folder)
        let uv = try UVTool.find(home: home, environment: environment, progress: progress)
        progress("fetching Python \(python.version)")
        // uv knows the newest build of a release only. The pinned one lies beside it on the same mirror, and uv checks
        // it against the digest that it is told.
        let fields = python.key.split(separator: "-").map(String.init)
        let numbers = python.version.split(separator: ".").compactMap { Int($0) }
        guard fields.count == 5, numbers.count == 3, let listed = try list(uv, fields: fields, version: python.version)
        else { throw withdrawn(python, nil) }
        let description = Download(
            name: "cpython", arch: .init(family: fields[3]), os: fields[2], libc: fields[4], major: numbers[0],
            minor: numbers[1], patch: numbers[2], prerelease: "", url: address(of: python.file, beside: listed.address),
            sha256: python.sha256)
        let unfinished = "\(folder)/.\(python.sha256).\(getpid()).unfinished"
        defer { unlink(unfinished) }
        let downloads = "\(unfinished).json"
        defer { unlink(downloads) }
        try Files.write(Array(JSONEncoder().encode([python.key: description])), to: downloads)
        let variables = ["UV_PYTHON_DOWNLOADS_JSON_URL": downloads, "UV_PYTHON_INSTALL_MIRROR": ""]
        do {
            try withFetched(python.key, uv: uv, variables: variables) { fetched in
                guard try SHA256.hexDigest(file: fetched) == python.sha256 else { throw withdrawn(python, nil) }
                try Files.remove(unfinished)
                try copyFile(fetched, to: unfinished)
                guard rename(unfinished, path) == 0 else { throw SystemError("write", path) }
            }
        } catch let error as BaseSystemError where error.kind == .withdrawn {
            throw withdrawn(python, error.detail)
        }
        return path
    }

    private func withdrawn(_ python: StandalonePython, _ detail: String?) -> BaseSystemError {
        BaseSystemError(
            .withdrawn, "cannot fetch the Python of the image", "\(python.file) is no longer there",
            hint: "lock again: bunsen lock --image --upgrade; or name a mirror that has it: UV_PYTHON_INSTALL_MIRROR",
            detail: detail)
    }

    /// Lets uv fetch a build, and hands out the archive that it fetched.
    private func withFetched<Result>(
        _ key: String, uv: UVTool, variables: [String: String], _ body: (String) throws -> Result
    ) throws -> Result {
        let folder = "\(home)/tmp/python-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Files.makeFolder("\(folder)/archives")
        defer { try? Files.remove(folder) }
        var tool = uv.tool(adding: ["UV_PYTHON_CACHE_DIR": "\(folder)/archives", "UV_PYTHON_DOWNLOADS": "manual"])
        // An empty mirror is not the same to uv as none.
        for (name, value) in variables { tool.environment[name] = value.isEmpty ? nil : value }
        let result = try tool.run(
            ["python", "install", "--no-bin", "--install-dir", "\(folder)/installed", "--", key], timeout: 1800)
        guard result.succeeded else { throw Self.failure(result) }
        guard let name = try Files.names(in: "\(folder)/archives").first(where: { !$0.hasPrefix(".") }) else {
            throw BaseSystemError(.other, Self.operation, "uv keeps no archive of \(key)")
        }
        return try body("\(folder)/archives/\(name)")
    }

    private static func failure(_ result: Tool.Result) -> BaseSystemError {
        let text = URLCredentials.removed(from: result.errorText)
        let lower = text.lowercased()
        let operation = "cannot fetch the Python of the image"
        if lower.contains("no space left") {
            return BaseSystemError(.diskFull, operation, "the disk is full", detail: text)
        }
        if lower.contains("hash mismatch") {
            return BaseSystemError(
                .hashMismatch, operation, "the mirror has other bytes than the lock",
                hint: "use another mirror: UV_PYTHON_INSTALL_MIRROR", detail: text)
        }
        if lower.contains("404") || lower.contains("no such file") {
            return BaseSystemError(.withdrawn, operation, "the mirror does not have it", detail: text)
        }
        if result.timedOut || lower.contains("dns error") || lower.contains("error sending request")
            || lower.contains("connect")
        {
            return BaseSystemError(
                .noNetwork, operation, "the place that uv fetches Python from cannot be reached",
                hint: "check the network, or name a mirror: UV_PYTHON_INSTALL_MIRROR; or use the Python of the base",
                detail: text)
        }
        return BaseSystemError(.other, operation, "uv could not fetch it", detail: text)
    }

    private func unavailable(
        _ version: PythonVersion, _ builds: [ListedPython], _ base: PythonVersion?
    ) -> BaseSystemError {
        let others = Set(builds.map(\.minor)).sorted().map(\.description).joined(separator: ", ")
        var cause = "there is no standalone build of Python \(version)"
        if let base { cause += ", and the base has \(base)" }
        return BaseSystemError(
            .noPython, Self.operation, cause,
            hint: others.isEmpty
                ? "use the Python of the base"
                : "these can be had: \(others)\(base.map { "; \($0) from the base" } ?? "")")
    }
}

/// One line of `uv python list`.
struct ListedPython {
    var key: String
    var version: String
    var minor: PythonVersion
    var patch: Int
    var address: String

    var file: String { PercentCoding.decoded(Files.name(of: address)) }

    /// Reads the answer of `uv python list --output-format json`: released builds of CPython without special features.
    static func parse(_ json: [UInt8]) -> [ListedPython] {
        struct Entry: Decodable {
            var key: String
            var version: String
            var url: String?
            var implementation: String?
            var variant: String?
        }
        guard let entries = try? JSONDecoder().decode([Entry].self, from: Data(json)) else { return [] }
        return entries.compactMap { entry in
            let numbers = entry.version.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
            guard let url = entry.url, entry.implementation == "cpython", entry.variant ?? "default" == "default",
                numbers.count == 3, let patch = numbers[2],
                let minor = PythonVersion(interpreterVersion: entry.version)
            else { return nil }
            let build = ListedPython(
                key: entry.key, version: entry.version, minor: minor, patch: patch, address: url)
            // Old builds come in a form with a whole build tree in it.
            return build.file.hasSuffix(".tar.gz") && build.isWellFormed ? build : nil
        }
    }

    private var isWellFormed: Bool {
        (key + file).utf8.allSatisfy {
            (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || "+-._".utf8.contains($0)
        }
    }
}

extension StandalonePythonFinder {
    private func list(_ uv: UVTool, architecture: String) throws -> [ListedPython] {
        let machine = ["amd64": "x86_64", "arm64": "aarch64"][architecture] ?? architecture
        return try list(uv, request: "cpython-linux-\(machine)-gnu", suffix: "-linux-\(machine)-gnu")
    }

    private func list(_ uv: UVTool, fields: [String], version: String) throws -> ListedPython? {
        let suffix = "-\(fields[2])-\(fields[3])-\(fields[4])"
        let all = try list(uv, request: "cpython\(suffix)", suffix: suffix)
        return all.first { $0.version == version } ?? all.first
    }

    private func list(_ uv: UVTool, request: String, suffix: String) throws -> [ListedPython] {
        let result = try uv.tool().run(
            [
                "python", "list", "--all-versions", "--all-arches", "--only-downloads", "--output-format", "json",
                "--", request,
            ], timeout: 120)
        guard result.succeeded else { throw Self.failure(result) }
        return ListedPython.parse(result.output).filter { $0.key.hasSuffix(suffix) }
    }

    /// The address of another build on the mirror of a listed one: builds lie in folders named by their date.
    private func address(of file: String, beside listed: String) -> String {
        var parts = listed.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 4 else { return listed }
        parts[parts.count - 1] = PercentCoding.encoded(path: file)
        if let plus = file.firstIndex(of: "+") {
            let date = file[file.index(after: plus)...].prefix { $0.isNumber }
            if !date.isEmpty { parts[parts.count - 2] = String(date) }
        }
        return parts.joined(separator: "/")
    }
}

/// An entry of the list of downloads that uv reads.
private struct Download: Encodable {
    struct Architecture: Encodable {
        var family: String
    }

    var name: String
    var arch: Architecture
    var os: String
    var libc: String
    var major: Int
    var minor: Int
    var patch: Int
    var prerelease: String
    var url: String
    var sha256: String
}
