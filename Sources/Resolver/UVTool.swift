import Glibc
import HostSystem

/// The uv that Bunsen drives: the one on PATH when it is new enough, else one of Bunsen's own.
package struct UVTool: Sendable {
    /// What Bunsen installs when there is none. Tested with this one.
    package static let pinnedVersion = "0.13.9"
    /// The oldest that writes and installs pylock.toml as needed here; tested.
    package static let oldestVersion = "0.9.0"

    package let path: String
    package let version: String
    package let environment: UVEnvironment

    package func tool(workingFolder: String? = nil, adding variables: [String: String] = [:]) -> Tool {
        Tool(
            executable: path, environment: environment.variables.merging(variables) { $1 },
            workingFolder: workingFolder)
    }

    /// Finds uv, and installs it under `home` when there is none. Safe when several processes do so at once.
    package static func find(
        home: String, environment base: [String: String], progress: (String) -> Void = { _ in }
    ) throws -> UVTool {
        let environment = UVEnvironment(base: base, home: home)
        let folder = (try? Files.workingFolder()) ?? "/"
        if let path = findExecutable("uv", searchPath: base["PATH"] ?? "", from: folder),
            let version = version(of: path, environment.variables), isAtLeast(version, oldestVersion)
        {
            return UVTool(path: path, version: version, environment: environment)
        }
        let own = "\(home)/tools/uv-\(pinnedVersion)"
        let path = "\(own)/bin/uv"
        if !Files.isExecutable(path) { try install(into: own, home: home, base: base, progress: progress) }
        return UVTool(path: path, version: pinnedVersion, environment: environment)
    }

    private static func install(
        into folder: String, home: String, base: [String: String], progress: (String) -> Void
    ) throws {
        try Files.makeFolder("\(home)/tools")
        let lock = try FileLock.wait("\(folder).lock")
        defer { withExtendedLifetime(lock) {} }
        if Files.isExecutable("\(folder)/bin/uv") { return }
        progress("installing uv \(pinnedVersion)")
        let unfinished = "\(folder).unfinished"
        try Files.remove(folder)
        var lastWords = "no Python with pip was found"
        for name in ["python3", "python"] + (9...15).reversed().map({ "python3.\($0)" }) {
            guard let python = findExecutable(name, searchPath: base["PATH"] ?? "", from: "/") else { continue }
            try Files.remove(unfinished)
            var variables = base
            variables["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
            variables["PIP_ROOT_USER_ACTION"] = "ignore"
            let pip = Tool(executable: python, environment: variables)
            let result = try pip.run(
                [
                    "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", unfinished,
                    "uv==\(pinnedVersion)",
                ], timeout: 300)
            if result.succeeded, version(of: "\(unfinished)/bin/uv", base) != nil {
                guard rename(unfinished, folder) == 0 else { throw SystemError("write", folder) }
                return
            }
            let words = URLCredentials.removed(from: result.errorText).split(separator: "\n").map { $0.trimmedEnds }
            if let line = words.last(where: { $0.hasPrefix("ERROR") }) ?? words.last { lastWords = line }
            if !lastWords.contains("No module named pip") { break }
        }
        try? Files.remove(unfinished)
        throw ResolverError(
            .noUV, "cannot install uv \(pinnedVersion)", lastWords,
            hint: "install uv \(oldestVersion) or newer by any way, so that it is on PATH, or install pip for python3")
    }

    private static func version(of path: String, _ variables: [String: String]) -> String? {
        guard let result = try? Tool(executable: path, environment: variables).run(["--version"], timeout: 20),
            result.succeeded
        else { return nil }
        let words = result.outputText.split(separator: " ")
        return words.count >= 2 && words[0] == "uv" ? words[1].trimmedEnds : nil
    }

    /// Compares versions by their numbers: 0.13.9 is newer than 0.9.30.
    static func isAtLeast(_ version: String, _ oldest: String) -> Bool {
        let left = version.split(separator: ".").map { Int($0) ?? 0 }
        let right = oldest.split(separator: ".").map { Int($0) ?? 0 }
        return !left.lexicographicallyPrecedes(right)
    }
}
