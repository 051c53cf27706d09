import Glibc
import HostSystem
import RecipeModel

/// One call of `uv pip compile`.
struct Compilation {
    let uv: UVTool
    let folder: String
    let recipe: Recipe
    let python: PythonInterpreter
    let platform: String
    let upgrade: Resolver.Upgrade

    /// Where packages are looked for.
    struct Way {
        /// The requirement for torch, or nil for none.
        var torch: String?
        /// The build that uv looks for on PyTorch's own index, such as `cpu` or `cu126`.
        var backend: String?
        /// How long to wait for one answer of an index, where that is shorter than usual.
        var seconds: Int?
        /// The places beside the indexes, where they are fewer than configured.
        var findLinks: [String]?
    }

    /// What a variant asks for beside the recipe.
    struct Addition {
        var requirements: [Requirement]
        /// Such as `numpy==2.4.6`, one for each package that must stay as it is.
        var constraints: [String]
        /// The text of a pylock.toml whose versions are taken wherever they fit.
        var preferences: String
    }

    /// Runs uv and returns the text of the pylock.toml that it wrote.
    func run(_ way: Way, adding addition: Addition? = nil) throws -> String {
        // uv accepts pylock.<name>.toml only, and writes paths relative to where the file lies: beside the recipe.
        let name = "\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let output = "\(folder)/pylock.bunsen-\(name).toml"
        let source = "\(folder)/.bunsen-\(name).in"
        let constraints = "\(folder)/.bunsen-\(name).constraints"
        defer {
            unlink(output)
            unlink(source)
            unlink(constraints)
        }
        var lines = way.torch.map { [$0] } ?? []
        lines += recipe.tools.flatMap(ToolPackages.requirements)
        var sources = [source]
        switch recipe.packages {
        case .listed(let requirements): lines += requirements.map(\.text)
        case .requirements(let path), .project(let path): sources.append(path)
        }
        lines += addition?.requirements.map(\.text) ?? []
        try Files.write(lines.map { $0 + "\n" }.joined(), to: source)
        if addition == nil, upgrade != .everything,
            let existing = try? Files.read("\(folder)/\(Lock.pylockName)", limit: LockReader.largestSize)
        {
            try Files.write(existing, to: output)
        }
        var arguments =
            ["pip", "compile"] + sources + [
                "--format", "pylock.toml", "--output-file", output, "--python", python.path, "--python-version",
                python.version.description, "--python-platform", platform, "--generate-hashes", "--no-header",
                "--no-annotate", "--quiet", "--no-python-downloads",
            ]
        if uv.environment.hasNoIndex { arguments.append("--no-index") }
        if let backend = way.backend { arguments += ["--torch-backend", backend] }
        if let addition {
            try Files.write(addition.preferences, to: output)
            try Files.write(addition.constraints.map { $0 + "\n" }.joined(), to: constraints)
            arguments += ["--constraints", constraints]
        } else {
            switch upgrade {
            case .nothing: break
            case .everything: arguments.append("--upgrade")
            case .packages(let names): arguments += names.flatMap { ["--upgrade-package", $0] }
            }
        }
        var variables: [String: String] = [:]
        if let seconds = way.seconds {
            variables = [
                "UV_HTTP_TIMEOUT": String(seconds), "UV_HTTP_CONNECT_TIMEOUT": String(seconds), "UV_HTTP_RETRIES": "0",
            ]
        }
        if let findLinks = way.findLinks { variables["UV_FIND_LINKS"] = findLinks.joined(separator: ",") }
        let result = try uv.tool(workingFolder: folder, adding: variables).run(arguments, timeout: 900)
        guard result.succeeded else { throw UVFailure.error(Resolver.operation, result) }
        return try Files.readText(output, limit: 16 << 20)
    }

    /// The address of the one index that packages come from, or nil where there are several.
    ///
    /// uv leaves it out of a pylock.toml for the default index, and then does not find its own cached wheels again
    /// when it installs from that file.
    func onlyIndex() throws -> String? {
        if uv.environment.hasNoIndex { return nil }
        let source = "\(folder)/.bunsen-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).in"
        defer { unlink(source) }
        try Files.write("", to: source)
        let result = try uv.tool(workingFolder: folder).run(
            [
                "pip", "compile", source, "--emit-index-url", "--no-header", "--quiet", "--python", python.path,
                "--no-python-downloads",
            ], timeout: 60)
        guard result.succeeded else { return nil }
        let lines = result.outputText.split(separator: "\n").map(String.init)
        let indexes = lines.filter { $0.hasPrefix("--index-url ") || $0.hasPrefix("--extra-index-url ") }
        guard indexes.count == 1, let index = indexes.first, index.hasPrefix("--index-url ") else { return nil }
        return String(index.dropFirst("--index-url ".count))
    }
}
