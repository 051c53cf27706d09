/// Proves for every module and program of an image that the libraries it needs are inside, or come with the driver, and
/// have the versions of symbols that it needs.
///
/// Libraries are looked for as ld.so(8) does: `DT_RPATH` of the file and of what loaded it, unless it has `DT_RUNPATH`;
/// `LD_LIBRARY_PATH`; `DT_RUNPATH`; the folders of `/etc/ld.so.conf`; the default folders. A library that is loaded
/// already under the same name is used, wherever it lies: packages of Python rely on that, and import the other package
/// first. So a library that is in the image but not on the path is no error.
package struct LibraryProof {
    private let tree: LibraryTree
    private let search: LibrarySearch
    private let settings: LoaderSettings
    private let hints: MissingLibraryHints
    /// The Python of the environment.
    private let interpreter: LibraryTree.Node?
    private let bySoname: [String: [LibraryTree.Node]]
    /// Files that the image's processes can load.
    private let loadable: [LibraryTree.Node]
    /// Files of other machines.
    private let others: [LibraryTree.Node]

    private var needs = 0
    private var fromDriver: Set<String> = []
    private var importsFirst: [String: Set<String>] = [:]
    private var checkedVersions: [LibraryFinding.Severity: Set<Pair>] = [:]
    private var findings: [Key: Found] = [:]

    private struct Pair: Hashable {
        let user: LibraryTree.Node
        let library: LibraryTree.Node
    }

    private struct Key: Hashable {
        let kind: LibraryFinding.Kind
        let owner: FileOwner?
    }

    private struct Found {
        var severity: LibraryFinding.Severity
        var files: Set<String>
        let hint: String?
    }

    package static func prove(_ tree: LibraryTree, _ settings: LoaderSettings) -> LibraryVerdict {
        var proof = LibraryProof(tree, settings)
        proof.run()
        return proof.verdict
    }

    private init(_ tree: LibraryTree, _ settings: LoaderSettings) {
        self.tree = tree
        self.settings = settings
        search = LibrarySearch(tree, settings)
        interpreter = settings.interpreter.flatMap { tree.resolve($0, from: LibraryTree.root) }
        var loadable: [LibraryTree.Node] = []
        var others: [LibraryTree.Node] = []
        var bySoname: [String: [LibraryTree.Node]] = [:]
        tree.eachFile { node, file in
            // Neither objects for a linker nor code for a GPU is loaded here.
            guard file.facts.type == 2 || file.facts.type == 3, ![190, 247].contains(file.facts.machine) else { return }
            guard file.facts.machine == settings.machine, file.facts.width == .bits64 else {
                others.append(node)
                return
            }
            guard file.facts.isDynamic else { return }
            loadable.append(node)
            bySoname[file.facts.soname ?? tree.name(node), default: []].append(node)
            if file.facts.soname != nil, file.facts.soname != tree.name(node) {
                bySoname[tree.name(node), default: []].append(node)
            }
        }
        self.loadable = loadable
        self.others = others
        self.bySoname = bySoname
        hints = MissingLibraryHints(tree, bySoname: bySoname, others: others)
    }

    private var verdict: LibraryVerdict {
        let list = findings.map { key, found in
            LibraryFinding(
                severity: found.severity, kind: key.kind, files: found.files.sorted(), owner: key.owner,
                hint: found.hint)
        }
        return LibraryVerdict(
            findings: list.sorted {
                ($0.severity.rawValue, $0.owner?.name ?? "", $0.description)
                    < ($1.severity.rawValue, $1.owner?.name ?? "", $1.description)
            },
            files: loadable.count + others.count, needs: needs, fromDriver: fromDriver.sorted(),
            importsFirst: importsFirst.mapValues { $0.sorted() })
    }

    private mutating func run() {
        let needed = loadable.reduce(into: Set<String>()) { $0.formUnion(tree.file($1)?.facts.needed ?? []) }
        for node in loadable {
            guard let file = tree.file(node) else { continue }
            switch role(node, file) {
            case .required: walk(node, .error)
            case .optional: walk(node, .note)
            // What others need is looked at with them.
            case .library where !needed.contains(file.facts.soname ?? tree.name(node)): walk(node, .note)
            case .library, .never: break
            }
        }
        let platform = settings.platform
        for node in others {
            // Packages bring helpers for many machines, without tags.
            guard let file = tree.file(node), moduleRole(tree.name(node)) == .required else { continue }
            add(.otherMachine(file.facts.machineName), node, .error, hint: "take a wheel for \(platform)")
        }
        tree.eachDamaged { node, reason, owner in
            // What Python would import fails then; test data of packages may be anything.
            let severity: LibraryFinding.Severity = moduleRole(tree.name(node)) == .required ? .error : .note
            add(.damaged(reason), node, owner, severity, hint: nil)
        }
    }

    private enum Role { case required, optional, library, never }

    private func role(_ node: LibraryTree.Node, _ file: LibraryTree.File) -> Role {
        let name = tree.name(node)
        if let role = moduleRole(name) { return role }
        if file.facts.interpreter != nil, !name.hasSuffix(".so"), name.utf8.firstRange(of: ".so.".utf8) == nil {
            // What a base brought by itself is its own affair, but for the Python that everything here runs in.
            let isOurs = file.owner != nil && search.isProgramFolder(tree.parent(node))
            return isOurs || node == interpreter ? .required : .optional
        }
        // A module of Python without a tag; libraries begin with lib.
        return name.hasSuffix(".so") && !name.hasPrefix("lib")
            && tree.path(node).utf8.firstRange(of: "-packages/".utf8) != nil ? .required : .library
    }

    /// The role of a module of Python that has a tag in its name (PEP 3149, PEP 384); nil for other names.
    private func moduleRole(_ name: String) -> Role? {
        if name.hasSuffix(".abi3.so") { return .required }
        guard name.hasSuffix(".so"), let start = name.utf8.firstRange(of: ".cpython-".utf8)?.upperBound else {
            return nil
        }
        let parts = name[start...].dropLast(3).split(separator: "-", maxSplits: 1)
        if let python = settings.pythonTag, "cpython-\(parts.first ?? "")" != python { return .never }
        if parts.count > 1, !parts[1].hasPrefix(settings.platform) { return .never }
        return .required
    }

    // MARK: Loading

    private struct Loaded {
        let node: LibraryTree.Node
        /// Where it was found: what `$ORIGIN` means.
        let folder: LibraryTree.Node
        /// Index of what loaded it.
        let loader: Int?
    }

    /// Loads a file with everything that it needs, breadth first, as the dynamic linker does.
    private mutating func walk(_ root: LibraryTree.Node, _ severity: LibraryFinding.Severity) {
        var loaded = [Loaded(node: root, folder: tree.parent(root), loader: nil)]
        var byName: [String: LibraryTree.Node] = [:]
        var nodes: Set<LibraryTree.Node> = [root]
        if let interpreter = tree.file(root)?.facts.interpreter,
            tree.resolve(interpreter, from: LibraryTree.root) == nil
        {
            miss(interpreter, root, severity)
        }
        var index = 0
        while index < loaded.count {
            let object = loaded[index]
            defer { index += 1 }
            guard let file = tree.file(object.node) else { continue }
            if let soname = file.facts.soname { byName[soname] = object.node }
            for name in file.facts.needed {
                needs += 1
                if byName[name] != nil { continue }
                let chain = sequence(first: index) { loaded[$0].loader }.map { (loaded[$0].node, loaded[$0].folder) }
                if let found = search.find(name, for: chain) {
                    byName[name] = found.node
                    if nodes.insert(found.node).inserted {
                        loaded.append(Loaded(node: found.node, folder: found.folder, loader: index))
                    }
                } else if let elsewhere = bySoname[name]?.first {
                    byName[name] = elsewhere
                    noteImport(from: file.owner, to: tree.file(elsewhere)?.owner)
                } else if KnownLibraries.comesWithDriver(name) {
                    fromDriver.insert(name)
                } else {
                    miss(name, object.node, severity)
                }
            }
        }
        for object in loaded { checkVersions(of: object.node, byName, severity) }
    }

    private mutating func noteImport(from: FileOwner?, to: FileOwner?) {
        guard let from, let to, from != to else { return }
        importsFirst[from.name, default: []].insert(to.name)
    }

    private mutating func miss(
        _ name: String, _ node: LibraryTree.Node, _ severity: LibraryFinding.Severity
    ) {
        let severity = KnownLibraries.isOptional(name) ? .note : severity
        let hints = hints
        add(.missingLibrary(name), node, severity, hint: hints.hint(for: name))
    }

    private mutating func add(
        _ kind: LibraryFinding.Kind, _ node: LibraryTree.Node, _ severity: LibraryFinding.Severity,
        hint: @autoclosure () -> String?
    ) {
        add(kind, node, tree.file(node)?.owner, severity, hint: hint())
    }

    private mutating func add(
        _ kind: LibraryFinding.Kind, _ node: LibraryTree.Node, _ owner: FileOwner?,
        _ severity: LibraryFinding.Severity, hint: @autoclosure () -> String?
    ) {
        let key = Key(kind: kind, owner: owner)
        if findings[key] == nil { findings[key] = Found(severity: severity, files: [], hint: hint()) }
        if severity == .error { findings[key]?.severity = .error }
        findings[key]?.files.insert(tree.path(node))
    }

    // MARK: Versions

    private mutating func checkVersions(
        of node: LibraryTree.Node, _ byName: [String: LibraryTree.Node], _ severity: LibraryFinding.Severity
    ) {
        guard let facts = tree.file(node)?.facts else { return }
        for required in facts.requiredVersions {
            guard let library = byName[required.library], let provider = tree.file(library)?.facts else { continue }
            // A library without versions satisfies every need: the dynamic linker only warns.
            guard !provider.providedVersions.isEmpty else { continue }
            let pair = Pair(user: node, library: library)
            guard checkedVersions[severity, default: []].insert(pair).inserted else { continue }
            let missing = required.versions.filter { !provider.providedVersions.contains($0) }
            guard let worst = missing.max(by: SymbolVersion.isOlder) else { continue }
            let family = SymbolVersion.family(worst)
            let newest = provider.providedVersions.filter { SymbolVersion.family($0) == family }
                .max(by: SymbolVersion.isOlder)
            let kind = LibraryFinding.Kind.missingVersion(worst, library: tree.path(library), newest: newest)
            add(kind, node, severity, hint: SymbolVersion.hint(for: family))
        }
    }
}
