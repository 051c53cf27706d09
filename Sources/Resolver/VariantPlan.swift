import HostSystem
import RecipeModel

/// Locks what a variant adds to an environment: every package of the plain lock stays as it is, file by file, so that
/// the images of both have the same layers.
struct VariantPlan {
    let compilation: Compilation
    let way: Compilation.Way
    let builder: LockBuilder
    /// The plain lock.
    let lock: Lock
    /// The plain lock's pylock.toml.
    let pylock: String
    /// See `PyLock.completed`.
    let index: String?

    /// The variant, and the text of its own pylock.toml with all packages.
    func resolve(_ variant: Recipe.Variant) throws -> (Lock.Variant, text: String) {
        let operation = "cannot lock variants.\(variant.name)"
        let addition = Compilation.Addition(
            requirements: variant.packages,
            // A commit has no version that a constraint could name; it is the preferred one, and compared below.
            constraints: lock.packages.filter { $0.commit == nil }.map { "\($0.name)==\($0.version)" },
            preferences: preferences(variant))
        let resolved: String
        do {
            resolved = try compilation.run(way, adding: addition)
        } catch let error as ResolverError where error.kind == .impossible {
            throw conflict(operation, error, variant)
        }
        let text = try PyLock.completed(resolved, folder: builder.folder, index: index)
        let whole = try builder.lock(pylock: try PyLock(text: text), text: text)
        if let moved = lock.packages.first(where: { !whole.packages.contains($0) }) {
            let other = whole.packages.first { $0.name == moved.name }
            throw ResolverError(
                .impossible, operation,
                "\(moved.name) would be another one than in \(Lock.fileName) (\(moved.shown), then "
                    + "\(other?.shown ?? "none"))",
                hint: "a variant only adds: move \(names(variant)) to packages: of the recipe")
        }
        let strangers = try TorchPlan.strangers(in: text)
        guard strangers.isEmpty else {
            throw ResolverError(
                .impossible, operation,
                "\(strangers.joined(separator: " and ")) and torch \(lock.torch?.version ?? "") of \(Lock.fileName) "
                    + "were built for different devices",
                hint: "move \(names(variant)) to packages: of the recipe, so that both are chosen together")
        }
        let added = whole.packages.filter { !lock.packages.contains($0) }
        return (
            Lock.Variant(
                name: variant.name, requirements: variant.sortedRequirements, pylockDigest: whole.pylockDigest,
                packages: added), text
        )
    }

    /// The plain lock, and of the variant's earlier lock what may stay.
    private func preferences(_ variant: Recipe.Variant) -> String {
        let path = "\(builder.folder)/\(Lock.pylockName(variant: variant.name))"
        guard compilation.upgrade != .everything, let earlier = try? Files.readText(path, limit: LockReader.largestSize)
        else { return pylock }
        var moving = Set(lock.packages.map(\.name))
        if case .packages(let names) = compilation.upgrade { moving.formUnion(names.map(Requirement.normalized)) }
        return pylock + PyLock.packages(of: earlier, except: moving)
    }

    /// What uv says, with both sides named.
    private func conflict(_ operation: String, _ error: ResolverError, _ variant: Recipe.Variant) -> ResolverError {
        let words = Set(error.cause.split { " ,()".contains($0) }.map(String.init))
        let pinned = lock.packages.filter { words.contains("\($0.name)==\($0.version)") }
        let wanted = variant.packages.filter { requirement in
            words.contains { Requirement($0)?.name == requirement.name }
        }
        // What the recipe itself asks for is not what stands in the way.
        let standing = pinned.filter { package in !wanted.contains { $0.name == package.name } }
        let blocked = (standing.isEmpty ? pinned : standing).map { "\($0.name) \($0.version)" }
        let asked = (wanted.isEmpty ? variant.packages : wanted).map(\.text).joined(separator: " and ")
        return ResolverError(
            .impossible, operation,
            "\(asked) cannot be added to "
                + "\(blocked.isEmpty ? "the packages" : blocked.joined(separator: " and ")) of \(Lock.fileName): "
                + error.cause,
            hint:
                "a variant only adds, the plain packages keep their versions: ask for another version of \(asked), or "
                + "move it to packages: of the recipe", detail: error.detail)
    }

    private func names(_ variant: Recipe.Variant) -> String { variant.packages.map(\.name).joined(separator: ", ") }
}

extension Recipe.Variant {
    /// As the lock keeps them.
    var sortedRequirements: [String] { Set(packages.map(\.text)).sorted() }
}

extension Lock.Package {
    fileprivate var shown: String { commit ?? "\(version) \(file ?? "")" }
}
