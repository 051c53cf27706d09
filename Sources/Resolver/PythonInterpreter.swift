import FoundationEssentials
import HostSystem
import RecipeModel

/// A Python that is installed on this host, or that uv installed.
package struct PythonInterpreter: Sendable, Hashable {
    package let path: String
    /// With its patch number, such as 3.11.7.
    package let fullVersion: String
    package let version: PythonVersion

    /// The CPython interpreters that uv finds, in its order: those on PATH first.
    package static func installed(_ uv: UVTool) throws -> [PythonInterpreter] {
        let result = try uv.tool().run(
            ["python", "list", "--only-installed", "--output-format", "json", "--no-python-downloads"], timeout: 60)
        guard result.succeeded else { throw UVFailure.error("cannot list the installed Pythons", result) }
        return parse(result.output)
    }

    /// The interpreter that uv takes for one version.
    private static func installed(_ uv: UVTool, _ version: PythonVersion) throws -> PythonInterpreter? {
        let found = try uv.tool().run(
            ["python", "find", "--system", "--no-project", "--no-python-downloads", "cpython@\(version)"], timeout: 60)
        let path = found.outputText.trimmedEnds
        guard found.succeeded, path.hasPrefix("/") else { return nil }
        let asked = try Tool(executable: path, environment: uv.environment.variables).run(
            ["-I", "-c", "import platform; print(platform.python_version())"], timeout: 60)
        let fullVersion = asked.outputText.trimmedEnds
        guard asked.succeeded, PythonVersion(interpreterVersion: fullVersion) == version else { return nil }
        return PythonInterpreter(path: path, fullVersion: fullVersion, version: version)
    }

    /// Reads the answer of `uv python list --output-format json`.
    static func parse(_ json: [UInt8]) -> [PythonInterpreter] {
        struct Entry: Decodable {
            var version: String
            var path: String?
            var implementation: String?
            var variant: String?
        }
        guard let entries = try? JSONDecoder().decode([Entry].self, from: Data(json)) else { return [] }
        return entries.compactMap { entry in
            guard let path = entry.path, entry.implementation ?? "cpython" == "cpython",
                entry.variant ?? "default" == "default",
                let version = PythonVersion(interpreterVersion: entry.version)
            else { return nil }  // a pre-release such as 3.15.0rc1 is not a dotted number
            return PythonInterpreter(path: path, fullVersion: entry.version, version: version)
        }
    }

    /// The interpreter for a recipe: the version it names, else the newest that its torch supports.
    ///
    /// - Parameter preferred: versions that go before newer ones, because a local wheel of torch fits them.
    /// - Returns: nil when none on the host will do.
    static func choose(
        _ installed: [PythonInterpreter], wanted: PythonVersion?, torch: TorchVersion?,
        preferred: Set<PythonVersion> = []
    ) -> PythonInterpreter? {
        let release = torch.flatMap(TorchRelease.known)
        let usable = installed.enumerated().filter { _, python in
            if let wanted { return python.version == wanted }
            if let release { return release.supports(python.version) }
            return python.version >= PythonVersion(3, 10)
        }
        let best = usable.max { left, right in
            let leftRank = (preferred.contains(left.element.version) ? 1 : 0, left.element.version, -left.offset)
            let rightRank = (preferred.contains(right.element.version) ? 1 : 0, right.element.version, -right.offset)
            return leftRank < rightRank
        }
        return best?.element
    }

    /// The interpreter for a recipe, fetched by uv when the host has none.
    package static func find(
        _ uv: UVTool, wanted: PythonVersion?, torch: TorchVersion?, preferred: Set<PythonVersion> = [],
        progress: (String) -> Void
    ) throws -> PythonInterpreter {
        // Asking for one version is quick; listing all starts every Python there is.
        if let wanted, let python = try installed(uv, wanted) { return python }
        let installed = try installed(uv)
        if let python = choose(installed, wanted: wanted, torch: torch, preferred: preferred) { return python }
        let version =
            wanted ?? preferred.max() ?? torch.flatMap(TorchRelease.known)?.newestPython ?? PythonVersion(3, 13)
        progress("fetching Python \(version)")
        let result = try uv.tool(adding: ["UV_PYTHON_DOWNLOADS": "manual"]).run(
            ["python", "install", "--no-bin", version.description], timeout: 600)
        if result.succeeded, let python = choose(try Self.installed(uv), wanted: version, torch: nil) { return python }
        let there = Set(installed.map(\.version)).sorted().map(\.description).joined(separator: ", ")
        let need = wanted.map { "Python \($0)" } ?? "a Python that torch \(torch?.description ?? "") supports"
        throw ResolverError(
            .noPython, "cannot find \(need)",
            "this host has \(there.isEmpty ? "none" : "only \(there)"), and uv could not fetch one",
            hint: there.isEmpty
                ? "install Python \(version)" : "install it, or write python: with a version that is there",
            detail: UVFailure.error("", result).detail)
    }
}
