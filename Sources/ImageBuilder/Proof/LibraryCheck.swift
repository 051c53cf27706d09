import ContentStore
import ELFImage
import HostSystem

/// Whether every library that the files of an image need is in it: see `LibraryProof`. Nothing of the image is run.
///
/// What is in a layer is read once, ever, and kept with the layer; what was proven of an image is kept too.
package struct LibraryCheck {
    let store: ContentStore
    let layout: ImageLayout
    /// Of the image's processes.
    let variables: [String: String]
    /// For the files of layers that several wheels share.
    let facts: [WheelPin: WheelFacts]
    let progress: BuildProgress

    /// A change of what is read, or of how it is judged, comes with a new number.
    private static let readingVersion = "1"
    private static let rulesVersion = "1"

    package struct Result: Sendable {
        package let verdict: LibraryVerdict
        /// Layers that were read for it now.
        package let layersRead: Int
        package let seconds: Double
    }

    /// - Returns: nil where layers are not here to be looked at, and were not looked at before.
    func run(_ layers: [BuiltImage.Layer]) throws -> Result? {
        let started = monotonicSeconds()
        let units = LayerUnit.all(of: layers)
        let key = key(units)
        if let verdict = store.record(key, as: LibraryVerdict.self) {
            return Result(verdict: verdict, layersRead: 0, seconds: monotonicSeconds() - started)
        }
        progress.begin("proving that every library is in the image")
        guard let (contents, read) = try contents(of: units) else { return nil }
        var tree = LibraryTree()
        var configuration: [String: String] = [:]
        for (unit, content) in zip(units, contents) {
            tree.add(content, owner: owners(of: unit, content))
            configuration.merge(content.loaderConfiguration) { $1 }
        }
        let verdict = LibraryProof.prove(tree, settings(configuration))
        try store.setRecord(verdict, for: key)
        return Result(verdict: verdict, layersRead: read, seconds: monotonicSeconds() - started)
    }

    private func key(_ units: [LayerUnit]) -> RecordKey {
        RecordKey(
            "library-proof",
            parts: [Self.readingVersion, Self.rulesVersion, layout.python, layout.interpreter]
                + variables.filter { ["PATH", "LD_LIBRARY_PATH"].contains($0.key) }.map { "\($0.key)=\($0.value)" }
                .sorted() + units.map(\.id.description))
    }

    // MARK: Reading

    /// What is in each unit, and how many of them were read now.
    private func contents(of units: [LayerUnit]) throws -> (contents: [TreeFacts], read: Int)? {
        let known = units.map { store.record(Self.key($0), as: TreeFacts.self) }
        let missing = zip(units, known).filter { $1 == nil }.map(\.0)
        guard missing.allSatisfy({ $0.isHere(in: store) }) else { return nil }
        let read = try Parallel.map(missing, width: 2) { [store] unit in
            let content = try TreeFacts.read(folder: try unit.snapshot(in: store).tree)
            try store.setRecord(content, for: Self.key(unit))
            return content
        }
        var rest = read.makeIterator()
        return (known.compactMap { $0 ?? rest.next() }, read.count)
    }

    private static func key(_ unit: LayerUnit) -> RecordKey {
        RecordKey("elf-facts", readingVersion, unit.id.description)
    }

    // MARK: Judging

    /// Which package brought a file. What the base has belongs to nobody.
    private func owners(of unit: LayerUnit, _ content: TreeFacts) -> (String) -> FileOwner? {
        guard let layer = unit.layers.first, unit.layers.count == 1 else { return { _ in nil } }
        switch layer.kind {
        case .base, .system, .account, .bytecode, .environment: return { _ in nil }
        case .python:
            let owner = FileOwner(name: "Python", version: layout.python)
            return { _ in owner }
        case .wheels:
            let owners = layer.wheels.map { FileOwner(name: $0.name, version: $0.version) }
            if owners.count == 1 { return { _ in owners[0] } }
            let isEmpty = content.files.isEmpty && content.damaged.isEmpty
            let byPath = isEmpty ? [:] : self.owners(of: layer.wheels)
            return { byPath[$0] }
        }
    }

    private func owners(of wheels: [WheelPin]) -> [String: FileOwner] {
        var owners: [String: FileOwner] = [:]
        for wheel in wheels {
            for file in facts[wheel]?.files ?? [] {
                owners[file.path] = FileOwner(name: wheel.name, version: wheel.version)
            }
        }
        return owners
    }

    private func settings(_ configuration: [String: String]) -> LoaderSettings {
        var settings = LoaderSettings(machine: LoaderSettings.hostMachine)
        func folders(_ name: String) -> [String] {
            variables[name]?.split(separator: ":").map(String.init) ?? []
        }
        settings.libraryPath = folders("LD_LIBRARY_PATH")
        settings.programFolders = folders("PATH")
        settings.configuredFolders = LoaderSettings.configuredFolders(configuration)
        settings.interpreter = layout.interpreter
        settings.pythonTag = "cpython-\(layout.python.filter { $0 != "." })"
        return settings
    }
}

extension LibraryVerdict {
    /// What stops a build, with all that would stop it next.
    func refusal(of name: String, _ wheels: [WheelPin]) -> ImageBuildError? {
        let errors = findings.filter { $0.severity == .error }
        guard let first = errors.first else { return nil }
        let wheel = wheels.first { $0.name == first.owner?.name }
        let others = errors.dropFirst().prefix(Self.shown).map { finding in
            "\(finding)" + (finding.hint.map { " (\($0))" } ?? "")
        }
        let more = errors.count - 1 - others.count
        return ImageBuildError(
            .proof, wheel?.fileName ?? name, "\(first)", hint: first.hint,
            detail: others.isEmpty
                ? nil : (others + (more > 0 ? ["and \(more) more"] : [])).joined(separator: "\n"))
    }

    private static var shown: Int { 20 }
}
