import ExperimentModel
import HostSystem
import PythonEnvironments
import RecipeModel
import Resolver

/// The environment of a project's lock, ready to run in. Whatever is missing on the way is made: the lock, the environment.
struct LockedEnvironment {
    private let made: PythonEnvironment
    /// Keeps the environment from being pruned as long as the run goes on.
    private let use: FileLock
    private let lock: Lock
    private let recipe: Recipe
    private let added: [Requirement]

    /// Nil for a project without a recipe.
    ///
    /// - Parameters:
    ///   - variant: whose packages are there too; nil for the plain environment.
    ///   - mustAgree: throw when recipe and lock disagree, instead of locking again.
    static func prepare(
        _ project: Project, _ recipe: Recipe?, variant: Recipe.Variant? = nil, mustAgree: Bool,
        _ context: CommandContext
    ) throws -> LockedEnvironment? {
        guard let recipe else { return nil }
        let lock = try lock(project, recipe, variant, mustAgree, context)
        // Where a run's record shows which packages were asked for, the variant's are among them.
        let requirements = variant?.packages ?? []
        let store = EnvironmentStore(home: context.home, environment: context.environment)
        if let use = try store.hold(lock), let made = store.existing(lock) {
            return LockedEnvironment(made: made, use: use, lock: lock, recipe: recipe, added: requirements)
        }
        context.console.say(
            "making the environment of \(lock.packages.count) packages (\(ReadableNumber.size(UInt64(max(0, lock.size)))) to download "
                + "where they are not cached), once for this lock")
        let started = monotonicSeconds()
        let console = context.console
        let made = try store.environment(lock, projectFolder: project.folder) { console.progress($0) }
        console.endProgress()
        console.say(
            "the environment is ready after \(ReadableNumber.duration(monotonicSeconds() - started)): \(made.path)")
        guard let use = try store.hold(lock) else {
            throw Failure(
                "the environment \(made.path) was removed while it was made", hint: "once more", code: .notNow)
        }
        return LockedEnvironment(made: made, use: use, lock: lock, recipe: recipe, added: requirements)
    }

    /// The lock of a recipe, or that of a variant of it, made where it is missing or out of date; nil without a recipe.
    static func lock(
        _ project: Project, _ recipe: Recipe?, variant: Recipe.Variant?, mustAgree: Bool, _ context: CommandContext
    ) throws -> Lock? {
        try recipe.map { try lock(project, $0, variant, mustAgree, context) }
    }

    private static func lock(
        _ project: Project, _ recipe: Recipe, _ variant: Recipe.Variant?, _ mustAgree: Bool, _ context: CommandContext
    ) throws -> Lock {
        let plain = try currentLock(project, recipe, mustAgree: mustAgree, context)
        return variant.flatMap { plain.variant($0.name) } ?? plain
    }

    static func currentLock(
        _ project: Project, _ recipe: Recipe, mustAgree: Bool, _ context: CommandContext
    ) throws -> Lock {
        guard Files.exists(project.lockPath) else {
            if mustAgree {
                throw Failure("there is no bunsen.lock", hint: "make one: bunsen lock", code: .data)
            }
            context.console.say("there is no bunsen.lock yet: locking the packages")
            return try LockCommand.lock(project, recipe, .nothing, context).lock
        }
        let lock = try LockReader.read(folder: project.folder)
        switch try LockCheck.compare(recipe: recipe, folder: project.folder, lock: lock) {
        case .agrees: return lock
        case .differs(let changes):
            if mustAgree {
                throw Failure(
                    "bunsen.yaml and bunsen.lock disagree: \(changes.joined(separator: "; "))",
                    hint: "lock again: bunsen lock", code: .data)
            }
            context.console.say("bunsen.yaml has changed (\(changes.joined(separator: "; "))): locking again")
            return try LockCommand.lock(project, recipe, .nothing, context).lock
        }
    }

    func environment(from base: [String: String]) -> [String: String] { made.variables(over: base) }

    var reference: RunManifest.EnvironmentReference {
        RunManifest.EnvironmentReference(
            lockDigest: lock.digest, python: made.python, path: made.path, packages: made.packages.count, named: named)
    }

    var torch: RunManifest.TorchBuild? {
        made.torch.map {
            RunManifest.TorchBuild(version: $0.version, cuda: $0.cuda, cudnn: $0.cudnn.map(String.init))
        }
    }

    /// The file beside the lock that the environment was made from.
    var pylockName: String { lock.pylockName }

    /// One `name==version` a line.
    var packageList: String {
        made.packages.sorted { $0.key < $1.key }.map { "\($0.key)==\($0.value)\n" }.joined()
    }

    /// The packages that the recipe names, with their versions.
    private var named: [String: String] {
        var named: [String: String] = [:]
        if let torch = made.packages["torch"] { named["torch"] = torch }
        if case .listed(let requirements) = recipe.packages {
            for requirement in requirements { named[requirement.name] = made.packages[requirement.name] }
        }
        for requirement in added { named[requirement.name] = made.packages[requirement.name] }
        return named
    }
}
