import Glibc
import HostSystem
import RecipeModel

/// Turns a recipe into a lock by driving uv.
package struct Resolver: Sendable {
    /// Which pins of an existing lock may move.
    package enum Upgrade: Sendable, Hashable {
        /// Existing pins stay wherever they fit.
        case nothing
        case everything
        case packages([String])
    }

    package struct Resolution: Sendable {
        package let lock: Lock
        package let lockText: String
        package let pylockText: String
        /// The pylock.toml of each variant that has Python packages, by the variant's name.
        package let variantTexts: [String: String]
        /// Sentences for the person, such as that a larger build of torch had to be taken.
        package let notices: [String]

        /// Writes pylock.toml, that of each variant, and bunsen.lock, in this order: the last has the digests of the
        /// others. The file of a variant that is no more is removed, where it is as Bunsen wrote it.
        package func write(folder: String) throws {
            let path = "\(folder)/\(Lock.fileName)"
            let before = (try? Files.read(path, limit: LockReader.largestSize)).flatMap {
                try? LockReader.read($0, file: path)
            }
            try Files.write(pylockText, to: "\(folder)/\(Lock.pylockName)")
            for (name, text) in variantTexts {
                try Files.write(text, to: "\(folder)/\(Lock.pylockName(variant: name))")
            }
            try Files.write(lockText, to: path)
            for variant in before?.variants ?? [] where variantTexts[variant.name] == nil {
                let left = "\(folder)/\(Lock.pylockName(variant: variant.name))"
                if let digest = try? SHA256.hexDigest(file: left), "sha256:\(digest)" == variant.pylockDigest {
                    try Files.remove(left)
                }
            }
        }
    }

    static let operation = "cannot lock the packages"

    let home: String
    let variables: [String: String]
    let progress: @Sendable (String) -> Void

    /// - Parameters:
    ///   - home: $BUNSEN_HOME.
    ///   - environment: the variables of this process, with the person's settings of uv and pip.
    ///   - progress: gets one line at a time.
    package init(
        home: String, environment: [String: String], progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.home = home
        self.variables = environment
        self.progress = progress
    }

    /// Resolves a recipe. Writes no file but temporary ones in `folder`.
    ///
    /// - Parameter folder: the recipe's, with the lock whose pins are kept.
    package func resolve(recipe: Recipe, folder: String, upgrade: Upgrade = .nothing) throws -> Resolution {
        let folder = Files.resolved(folder) ?? folder
        let inputs = try ResolutionInputs(recipe: recipe, folder: folder)
        let uv = try UVTool.find(home: home, environment: variables, progress: progress)
        let architecture = machineArchitecture()
        let wheels = LocalWheels(findLinks: uv.environment.findLinks, architecture: architecture)
        var preferred: Set<PythonVersion> = []
        if recipe.cuda == .cpu, let torch = recipe.torch {
            preferred = Set(wheels.cpuTorch.filter { torch.includes($0.version) }.map(\.python))
        }
        let python = try PythonInterpreter.find(
            uv, wanted: recipe.python, torch: recipe.torch, preferred: preferred, progress: progress)
        progress("resolving for Python \(python.version)")
        let compilation = Compilation(
            uv: uv, folder: folder, recipe: recipe, python: python, platform: "\(architecture)-manylinux_2_28",
            upgrade: upgrade)
        let plan = TorchPlan(recipe: recipe, wheels: wheels, python: python.version, compilation: compilation)
        let outcome = try plan.carryOut()
        let index = try compilation.onlyIndex()
        let completed = try PyLock.completed(outcome.text, folder: folder, index: index)
        let builder = LockBuilder(
            inputs: inputs, python: python.version, platform: compilation.platform, folder: folder)
        var lock = try builder.lock(pylock: try PyLock(text: completed), text: completed)
        let variants = VariantPlan(
            compilation: compilation, way: outcome.way, builder: builder, lock: lock, pylock: completed, index: index)
        var variantTexts: [String: String] = [:]
        for variant in recipe.variants where !variant.packages.isEmpty {
            progress("resolving the variant \(variant.name)")
            let (locked, text) = try variants.resolve(variant)
            lock.variants.append(locked)
            variantTexts[variant.name] = text
        }
        return Resolution(
            lock: lock, lockText: LockWriter.text(lock), pylockText: completed, variantTexts: variantTexts,
            notices: recipe.warnings + outcome.notices)
    }
}

/// `x86_64` or `aarch64`, as uname(2) names it.
func machineArchitecture() -> String {
    var name = utsname()
    uname(&name)
    return withUnsafeBytes(of: &name.machine) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
