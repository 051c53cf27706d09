/// The text of a new bunsen.yaml, from what is known about the project and the machine: `bunsen init`.
package struct RecipeDraft: Sendable {
    /// What was asked for by flags; nil where nothing was.
    package struct Wishes: Sendable {
        package var name: String?
        package var torch: TorchVersion?
        package var cuda: ComputeTarget?
        package var python: PythonVersion?
        /// A requirements file or a pyproject.toml, relative to the recipe.
        package var from: String?
        package var language: Recipe.Record.Language?

        package init() {}
    }

    /// What was found.
    package struct Findings: Sendable {
        package var folderName: String
        package var hasRequirementsFile = false
        package var hasProjectFile = false
        /// Of the NVIDIA driver; nil without one.
        package var driver: DriverTable.Version?
        /// Pythons on this host, in any order.
        package var pythons: [PythonVersion] = []
        /// Pythons for which a CPU wheel of torch lies in the configured find-links, with its release.
        package var localTorch: [PythonVersion: TorchVersion] = [:]

        package init(folderName: String) {
            self.folderName = folderName
        }
    }

    package let text: String
    /// Sentences about how the choices came about.
    package let notices: [String]

    /// - Throws: `TorchCompatibility.Impossible` when the wishes exclude each other.
    package init(wishes: Wishes, findings: Findings) throws(TorchCompatibility.Impossible) {
        var notices: [String] = []
        let cuda = wishes.cuda ?? Self.target(wishes, findings, &notices)
        let local = cuda == .cpu ? findings.localTorch.filter { findings.pythons.contains($0.key) } : [:]
        let fitting = local.filter { entry in wishes.python.map { $0 == entry.key } ?? true }
        let localPython = fitting.keys.max()
        let torch =
            wishes.torch ?? localPython.flatMap { fitting[$0] }.map(Self.minor) ?? Self.torch(cuda, wishes, findings)
        let python = wishes.python ?? localPython ?? Self.python(torch, findings, &notices)
        notices += try TorchCompatibility.check(torch: torch, cuda: cuda, python: python)

        let name = wishes.name ?? RecipeReader.usableName(findings.folderName)
        var lines = [
            "# What this experiment needs. `bunsen lock` pins every package, `bunsen run -- python train.py` runs it.",
            "name: \(Self.quoted(name))", "torch: \"\(torch)\"",
            cuda == .cpu
                ? "cuda: cpu                      # or a CUDA version in quotes, such as \"12.8\""
                : "cuda: \"\(cuda)\"                   # or cpu",
        ]
        if let python { lines.append("python: \"\(python)\"") }
        lines += Self.packages(wishes, findings)
        lines += [
            "", "# run:", "#   seed: 1                    # BUNSEN_SEED and PYTHONHASHSEED of every run",
            "#   env: { OMP_NUM_THREADS: \"4\" }", "", "record:",
            "  language: \((wishes.language ?? .en).rawValue)                 # en or zh",
            "  # primary: { metric: val_acc, goal: max }",
            "  # tolerances: { val_acc: { atol: 0.005 } }",
        ]
        text = lines.joined(separator: "\n") + "\n"
        self.notices = notices
    }

    /// Quotes a name that YAML would take for something else than text.
    private static func quoted(_ name: String) -> String {
        let isPlain =
            name.first?.isLetter == true
            && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
                .contains(name.lowercased())
        return isPlain ? name : "\"\(name)\""
    }

    private static func minor(_ version: TorchVersion) -> TorchVersion {
        TorchVersion(major: version.major, minor: version.minor)
    }

    private static func packages(_ wishes: Wishes, _ findings: Findings) -> [String] {
        if let from = wishes.from {
            return from.hasSuffix(".toml") ? ["pyproject: \(quotedPath(from))"] : ["requirements: \(quotedPath(from))"]
        }
        if findings.hasRequirementsFile { return ["requirements: requirements.txt"] }
        if findings.hasProjectFile { return ["pyproject: pyproject.toml"] }
        return ["packages: [numpy]              # or requirements: requirements.txt, or pyproject: pyproject.toml"]
    }

    private static func quotedPath(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "-_./".utf8.contains($0)
        }
        return isPlain && path.first?.isLetter == true
            ? path : "'" + path.replacing("'", with: "''") + "'"
    }

    private static func target(_ wishes: Wishes, _ findings: Findings, _ notices: inout [String]) -> ComputeTarget {
        guard let driver = findings.driver else {
            notices.append("no NVIDIA driver was found: cuda is cpu")
            return .cpu
        }
        let releases = wishes.torch.map { torch in [TorchRelease.known(torch)].compactMap { $0 } } ?? TorchRelease.all
        let newest = DriverTable.newestCUDA(for: driver)
        let builds = Set(releases.flatMap(\.builds)).sorted()
        let best =
            builds.last { build in newest.map { build <= $0 } ?? false }
            ?? builds.last { DriverTable.runs($0, on: driver) }
        guard let best else {
            notices.append("the NVIDIA driver \(driver) is too old for every CUDA build here: cuda is cpu")
            return .cpu
        }
        notices.append("the NVIDIA driver \(driver) runs CUDA \(best)")
        return .cuda(best)
    }

    /// The newest release with this build, that a Python on this host can run.
    private static func torch(_ cuda: ComputeTarget, _ wishes: Wishes, _ findings: Findings) -> TorchVersion {
        let withBuild = TorchRelease.all.filter { release in
            if case .cuda(let version) = cuda { return release.builds.contains(version) }
            return true
        }
        let pythons = wishes.python.map { [$0] } ?? findings.pythons
        let release =
            withBuild.last { release in pythons.contains { release.supports($0) } }
            ?? withBuild.last ?? TorchRelease.all.last
        return TorchVersion(major: release?.major ?? 2, minor: release?.minor ?? 8)
    }

    private static func python(
        _ torch: TorchVersion, _ findings: Findings, _ notices: inout [String]
    ) -> PythonVersion? {
        guard let release = TorchRelease.known(torch) else { return findings.pythons.max() }
        if let python = findings.pythons.filter(release.supports).max() { return python }
        notices.append("no Python on this host runs torch \(torch): uv will fetch \(release.newestPython)")
        return release.newestPython
    }
}
