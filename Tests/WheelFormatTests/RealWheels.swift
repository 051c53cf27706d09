import Glibc
import HostSystem
import TestSupport
import Testing
import WheelFormat

/// Wheels from the Python index, downloaded once, and the programs that install them.
enum RealWheels {
    private static let lists = Files.parent(of: #filePath) ?? "."
    private static let environment: [String: String] = {
        var environment = processEnvironment()
        for name in ["VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX"] {
            environment[name] = nil
        }
        environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
        environment["PIP_ROOT_USER_ACTION"] = "ignore"
        return environment
    }()

    /// The lists are for Python 3.11; where there is none, the versions may exist for another one too.
    static func python() throws -> String {
        for name in ["python3.11", "python3"] {
            guard let path = findExecutable(name, searchPath: environment["PATH"] ?? "", from: "/") else {
                continue
            }
            let result = try Tool(executable: path, environment: environment).run(
                ["-c", "import pip, sys; print(sys.executable)"])
            if result.succeeded { return String(result.outputText.split(separator: "\n").last ?? "") }
        }
        Issue.record(
            "there is no python3 with pip, which downloads the wheels: install python3 and python3-pip")
        throw SystemError("find", "python3 with pip", code: ENOENT)
    }

    static func pythonMinor() throws -> Int {
        let result = try Tool(executable: python(), environment: environment).run(
            ["-c", "import sys; print(sys.version_info[1])"])
        return try #require(Int(result.outputText.split(separator: "\n").first ?? ""))
    }

    static func small() throws -> [String] {
        try wheels("wheels.txt", in: "\(Project.home)/wheels/cp3\(pythonMinor())")
    }

    static func large() throws -> [String] {
        try wheels("wheels-large.txt", in: try #require(largeFolder))
    }

    /// The folder that was named, or the one below `.build` when it has all of them already.
    static let largeFolder: String? = {
        if let folder = environment["BUNSEN_LARGE_WHEELS"], !folder.isEmpty { return folder }
        let folder = "\(Project.home)/wheels-large"
        guard let wanted = try? requirements("wheels-large.txt"), let found = try? present(in: folder)
        else { return nil }
        return wanted.allSatisfy { found[$0] != nil } ? folder : nil
    }()

    private static func requirements(_ list: String) throws -> [String] {
        try Files.readText("\(lists)/\(list)").split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("#")
        }
    }

    /// The wheels of a folder, by their requirement.
    private static func present(in folder: String) throws -> [String: String] {
        var found: [String: String] = [:]
        for file in try Files.names(in: folder) where file.hasSuffix(".whl") {
            let name = try WheelName(file)
            found["\(name.normalizedName)==\(file.split(separator: "-")[1])"] = "\(folder)/\(file)"
        }
        return found
    }

    private static func wheels(_ list: String, in folder: String) throws -> [String] {
        let wanted = try requirements(list)
        try Files.makeFolder(folder)
        let lock = try FileLock.wait("\(folder).lock")
        defer { withExtendedLifetime(lock) {} }
        var found = try present(in: folder)
        let missing = wanted.filter { found[$0] == nil }
        if !missing.isEmpty {
            // Into a folder beside it, so that a download that is stopped leaves no half of a wheel.
            let part = "\(folder).part"
            try Files.remove(part)
            try run(
                try python(),
                ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "-d", part]
                    + missing)
            for file in try Files.names(in: part) {
                guard rename("\(part)/\(file)", "\(folder)/\(file)") == 0 else {
                    throw SystemError("write", file)
                }
            }
            try Files.remove(part)
            found = try present(in: folder)
        }
        return try wanted.map { try #require(found[$0], "\($0) was not downloaded") }
    }

    /// The uv of the list, installed by pip.
    static func uv() throws -> String {
        let wheel = try #require(try small().first { Files.name(of: $0).hasPrefix("uv-") })
        let folder = "\(Project.home)/wheels/tools/\(Files.name(of: wheel))"
        if !Files.isExecutable("\(folder)/bin/uv") {
            try run(
                try python(),
                ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", folder, wheel])
        }
        return "\(folder)/bin/uv"
    }

    static func run(_ program: String, _ arguments: [String], cache: String? = nil) throws {
        var environment = environment
        environment["UV_CACHE_DIR"] = cache ?? "\(Project.home)/cache/uv"
        let result = try Tool(executable: program, environment: environment).run(
            arguments, timeout: 3000)
        try #require(
            result.succeeded,
            "\(Files.name(of: program)) \(arguments.prefix(6).joined(separator: " ")): \(result.errorText)"
        )
    }
}
