import FoundationEssentials
import Glibc
import HostSystem
import RecipeModel
import Resolver

/// Makes one environment in its final place.
struct EnvironmentMaker {
    let home: String
    let variables: [String: String]
    let lock: Lock
    let folder: String
    let bytecode: String
    let projectFolder: String
    let progress: @Sendable (String) -> Void

    private let operation = "cannot make the environment"

    func make() throws -> PythonEnvironment {
        let uv = try UVTool.find(home: home, environment: variables, progress: progress)
        let python = try PythonInterpreter.find(uv, wanted: lock.python, torch: nil, progress: progress)
        progress("making the environment with Python \(python.fullVersion)")
        try run(uv, ["venv", "--quiet", "--no-project", "--python", python.path, folder])
        try run(
            uv,
            [
                "pip", "sync", "--python", "\(folder)/bin/python", "--require-hashes", "--link-mode",
                "hardlink", "--allow-empty-requirements", "\(projectFolder)/\(lock.pylockName)",
            ])
        var environment = PythonEnvironment(
            lockDigest: lock.digest, path: folder, bytecode: bytecode, python: python.fullVersion, torch: nil,
            packages: Dictionary(lock.packages.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first }))
        if lock.torch != nil {
            progress("importing torch")
            environment.torch = try torch(environment)
        }
        try ReadOnlyTree.sealContents(of: folder, alsoFiles: uv.environment.ownsCache)
        try Files.write(try environment.marker(), to: "\(folder)/\(PythonEnvironment.markerName)", mode: 0o444)
        guard chmod(folder, 0o555) == 0 else { throw SystemError("seal", folder) }
        return environment
    }

    private func run(_ uv: UVTool, _ arguments: [String]) throws {
        var rest = ""
        // Hard links are tried first; on another file system uv copies, which is fine and needs no warning.
        let tool = uv.tool(workingFolder: projectFolder)
        let result = try tool.run(arguments) { text in
            rest += text
            while let end = rest.firstIndex(of: "\n") {
                let line = String(rest[..<end])
                rest = String(rest[rest.index(after: end)...])
                if !line.isEmpty { progress(URLCredentials.removed(from: line)) }
            }
        }
        guard result.succeeded else { throw UVFailure.error(operation, result) }
    }

    /// What torch says of itself. Importing it also proves that its libraries load.
    private func torch(_ environment: PythonEnvironment) throws -> PythonEnvironment.Torch {
        let script = """
            import json, torch
            cudnn = torch.backends.cudnn.version() if torch.version.cuda else None
            print(json.dumps({"version": torch.__version__, "cuda": torch.version.cuda, "cudnn": cudnn}))
            """
        let tool = Tool(
            executable: environment.executable, environment: environment.variables(over: variables),
            workingFolder: folder)
        let result = try tool.run(["-c", script], timeout: 300)
        guard result.succeeded,
            let torch = try? JSONDecoder().decode(PythonEnvironment.Torch.self, from: Data(result.output))
        else {
            let words = result.errorText.split(separator: "\n").last.map(String.init) ?? "\(result.end)"
            throw ResolverError(
                .other, operation, "torch \(lock.torch?.version ?? "") was installed but does not load: \(words)",
                hint: "another build of torch may fit this machine: change cuda: in the recipe and lock again",
                detail: result.errorText)
        }
        return torch
    }
}
