import ArgumentParser
import BaseSystem
import ExperimentModel
import HostSystem
import RecipeModel
import Resolver

package struct LockCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Resolve the recipe into bunsen.lock and pylock.toml, every package with its digest.",
        discussion: """
            Versions that are locked stay, as long as the recipe allows them. --upgrade moves all of them, --upgrade NAME \
            only the named ones. --image pins what an image stands on too: the packages of its base and its Python, in \
            bunsen-image.lock.
            """)

    @Flag(name: .long, help: "Only say whether recipe and lock agree; exit 65 when they do not.")
    var check = false

    @Flag(name: .long, help: "Take newer versions of the named packages; of all, when none is named.")
    var upgrade = false

    @Flag(name: .long, help: "Pin the base of the image too, in bunsen-image.lock, as it is today.")
    var image = false

    @Argument(help: "With --upgrade: the packages that may move.")
    var packages: [String] = []

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var output: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        if !upgrade, let first = packages.first {
            throw Failure(
                "\(first) is named without a purpose",
                hint: "to take a newer version of it: bunsen lock --upgrade \(first)",
                code: .usage)
        }
        if upgrade, check { throw Failure("--check changes nothing, so --upgrade cannot go with it", code: .usage) }
        let project = Project(context)
        let recipe = try project.neededRecipe()
        if check { return try compare(project, recipe, context) }
        let mode: Resolver.Upgrade =
            if !upgrade { .nothing } else if packages.isEmpty { .everything } else { .packages(packages) }
        let before = Files.exists(project.lockPath) ? try? LockReader.read(folder: project.folder) : nil
        let (lock, seconds) = try Self.lock(project, recipe, mode, context)
        if image {
            let base = try BaseLocking.pin(
                project, try BaseRequest(recipe: recipe, lock: lock), registry.session(context), context)
            context.console.say("pinned the base of the image: \(base.summary)")
        } else if !recipe.unusedByProcessEngine.isEmpty {
            context.console.say(
                "note: \(recipe.unusedByProcessEngine.joined(separator: ", ")) concern images, and change nothing in "
                    + "the locked virtual environment")
        }
        try output.print(
            to: context.console,
            json: { try RecordCoding.encode(LockReport(lock, path: project.lockPath)) },
            text: { text(of: lock, before: before) })
        let more = lock.variants.map { ", \($0.packages.count) more for \($0.name)" }.joined()
        context.console.say(
            "locked \(lock.packages.count) packages for Python \(lock.python)\(more) in "
                + ReadableNumber.duration(seconds))
        return 0
    }

    /// Resolves and writes both files.
    static func lock(
        _ project: Project, _ recipe: Recipe, _ upgrade: Resolver.Upgrade, _ context: CommandContext
    ) throws -> (lock: Lock, seconds: Double) {
        let console = context.console
        let started = monotonicSeconds()
        let resolver = Resolver(home: context.home, environment: context.environment) { console.progress($0) }
        let resolution = try resolver.resolve(recipe: recipe, folder: project.folder, upgrade: upgrade)
        console.endProgress()
        for notice in resolution.notices { console.say("note: \(notice)") }
        try resolution.write(folder: project.folder)
        return (try LockReader.read(folder: project.folder), monotonicSeconds() - started)
    }

    private func compare(_ project: Project, _ recipe: Recipe, _ context: CommandContext) throws -> Int32 {
        let lock = try LockReader.read(folder: project.folder)
        var result = try LockCheck.compare(recipe: recipe, folder: project.folder, lock: lock)
        let changes = try BaseLocking.changes(project, recipe, lock, mustExist: image)
        switch result {
        case .differs(let others): result = .differs(others + changes)
        case .agrees where !changes.isEmpty: result = .differs(changes)
        case .agrees: break
        }
        try output.print(
            to: context.console, json: { try RecordCoding.encode(CheckReport(result, digest: lock.digest)) },
            text: { "" })
        switch result {
        case .agrees:
            context.console.say("bunsen.yaml and its locks agree")
            return 0
        case .differs(let differences):
            throw Failure(
                "bunsen.yaml and its locks disagree: \(differences.joined(separator: "; "))",
                hint: changes.isEmpty ? "lock again: bunsen lock" : "lock again: bunsen lock --image",
                code: .data)
        }
    }

    /// What moved, a package a line.
    private func text(of lock: Lock, before: Lock?) -> String {
        guard let before else { return "" }
        var text = changes(from: before.packages, to: lock.packages, "")
        for name in Set(before.variants.map(\.name) + lock.variants.map(\.name)).sorted() {
            func packages(_ lock: Lock) -> [Lock.Package] { lock.variants.first { $0.name == name }?.packages ?? [] }
            text += changes(from: packages(before), to: packages(lock), " (\(name))")
        }
        return text
    }

    private func changes(from before: [Lock.Package], to now: [Lock.Package], _ note: String) -> String {
        var text = ""
        for package in now {
            guard let old = before.first(where: { $0.name == package.name })?.version else {
                text += "added   \(package.name) \(package.version)\(note)\n"
                continue
            }
            if old != package.version { text += "changed \(package.name) \(old) → \(package.version)\(note)\n" }
        }
        for package in before where !now.contains(where: { $0.name == package.name }) {
            text += "removed \(package.name) \(package.version)\(note)\n"
        }
        return text
    }
}

/// What `--check` found, as `--format json` gives it.
private struct CheckReport: Encodable {
    let agrees: Bool
    let changes: [String]
    let digest: String

    init(_ result: LockCheck, digest: String) {
        self.digest = digest
        switch result {
        case .agrees: (agrees, changes) = (true, [])
        case .differs(let changes): (agrees, self.changes) = (false, changes)
        }
    }
}

private struct LockReport: Encodable {
    struct Package: Encodable {
        let name: String
        let version: String
        let source: String
        let size: Int64?
        let sha256: String?

        init(_ package: Lock.Package) {
            name = package.name
            version = package.version
            source = package.source
            size = package.size
            sha256 = package.sha256
        }
    }

    struct Variant: Encodable {
        let name: String
        let digest: String
        /// What it adds.
        let packages: [Package]
    }

    let path: String
    let digest: String
    let python: String
    let packages: [Package]
    let variants: [Variant]

    init(_ lock: Lock, path: String) {
        self.path = path
        digest = lock.digest
        python = "\(lock.python)"
        packages = lock.packages.map(Package.init)
        variants = lock.variants.map { variant in
            Variant(
                name: variant.name, digest: lock.variant(variant.name)?.digest ?? "",
                packages: variant.packages.map(Package.init))
        }
    }
}
