import ContentStore
import Engines
import ExperimentModel
import HostSystem
import RecipeModel
import Resolver
import RunCapture

/// The parts of a run in a container that need nothing of the session.
extension RunSession {
    /// Puts into the manifest what the command runs in.
    static func describe(
        _ request: ContainerRequest, _ image: RunImage, _ lock: Lock?, _ recipe: Recipe?,
        _ engine: any ContainerEngine, _ redaction: Redaction, in manifest: inout RunManifest
    ) {
        let reference = request.environment.reference ?? ""
        var container = RunManifest.Container(
            image: reference, mounts: request.mounts.map { "\($0)" }, workingFolder: request.workingFolder,
            network: request.network.rawValue)
        container.digest = request.environment.digest.map { "\($0)" }
        container.user = request.identity.map { "\($0.user):\($0.group)" }
        var shown = request
        shown.variables["BUNSEN_RUN_ID"] = nil
        container.line = engine.commandLine(for: shown).map { ShellQuoting.line(redaction.redacted(arguments: $0)) }
        manifest.container = container
        if let version = image.labels["bunsen.torch"] {
            let build = image.labels["bunsen.cuda"] ?? "cpu"
            manifest.torch = .init(version: version, cuda: build == "cpu" ? nil : build, cudnn: nil)
        }
        let isOfLock = lock != nil && image.labels["bunsen.lock.digest"] == lock?.digest
        manifest.environment = .init(
            lockDigest: isOfLock ? lock?.digest : nil, python: image.labels["bunsen.python"] ?? "python",
            path: reference, packages: isOfLock ? lock?.packages.count : nil,
            named: isOfLock ? named(lock, recipe) : [:])
    }

    private static func named(_ lock: Lock?, _ recipe: Recipe?) -> [String: String] {
        var names: Set<String> = ["torch"]
        if case .listed(let requirements) = recipe?.packages { names.formUnion(requirements.map(\.name)) }
        var named: [String: String] = [:]
        for package in lock?.packages ?? [] where names.contains(package.name) { named[package.name] = package.version }
        return named
    }

    /// One `name==version` a line.
    static func packageList(_ lock: Lock) -> String {
        lock.packages.map { "\($0.name)==\($0.version)\n" }.joined()
    }
}
