/// Judges combinations of torch, CUDA and Python against the table of releases, before anything is downloaded.
package enum TorchCompatibility {
    /// What is wrong with a combination, and the nearest ones that exist.
    package struct Impossible: Error, Sendable, Hashable {
        /// The recipe's key that has to change: `torch`, `cuda` or `python`.
        package let key: String
        package let reason: String
        package let hint: String
    }

    /// Sentences about combinations that are let through without being known to exist. Impossible ones throw.
    package static func check(
        torch: TorchVersion?, cuda: ComputeTarget?, python: PythonVersion?
    ) throws(Impossible) -> [String] {
        guard let torch else { return [] }
        guard let release = TorchRelease.known(torch) else { return try unknown(torch) }
        var warnings: [String] = []
        if let patch = torch.patch, patch > release.newestPatch {
            warnings.append(
                "torch \(torch) is newer than Bunsen's table, which ends at \(release.name).\(release.newestPatch)")
        }
        if case .cuda(let version) = cuda, !release.builds.contains(version) {
            if release.buildsAreComplete { throw wrongCUDA(version, of: release) }
            warnings.append(
                "Bunsen's table knows only the CUDA \(release.defaultBuild) build of torch \(release.name); "
                    + "whether one for CUDA \(version) exists shows when it is locked")
        }
        if let python, !release.supports(python) {
            throw Impossible(
                key: "python",
                reason: "torch \(release.name) has no wheels for Python \(python)",
                hint: "torch \(release.name) runs on Python \(release.oldestPython) to \(release.newestPython)"
                    + otherTorch(for: python))
        }
        return warnings
    }

    private static func unknown(_ torch: TorchVersion) throws(Impossible) -> [String] {
        guard let oldest = TorchRelease.all.first, let newest = TorchRelease.all.last else { return [] }
        if torch < TorchVersion(major: oldest.major, minor: oldest.minor, patch: 0) {
            throw Impossible(
                key: "torch", reason: "torch \(torch) is older than the releases that Bunsen locks",
                hint: "the oldest is \(oldest.name): write torch: \"\(oldest.name)\"")
        }
        return [
            "torch \(torch) is newer than Bunsen's table, which ends at \(newest.name): its CUDA builds and Pythons "
                + "are not checked"
        ]
    }

    private static func wrongCUDA(_ version: CUDAVersion, of release: TorchRelease) -> Impossible {
        let having = release.builds.map(\.description).joined(separator: ", ")
        var hint = "torch \(release.name) has \(having)"
        let others = TorchRelease.all.filter { $0.builds.contains(version) }
        if let last = others.last, last.minor < release.minor {
            hint += "; CUDA \(version) ends at torch \(last.name).\(last.newestPatch)"
        } else if let first = others.first(where: { $0.minor > release.minor }) {
            hint += "; CUDA \(version) begins with torch \(first.name)"
        } else if others.isEmpty, let near = nearest(to: version) {
            hint += "; no torch is built for CUDA \(version), the nearest is \(near)"
        }
        return Impossible(key: "cuda", reason: "torch \(release.name) has no build for CUDA \(version)", hint: hint)
    }

    private static func nearest(to version: CUDAVersion) -> CUDAVersion? {
        let all = Set(TorchRelease.all.flatMap(\.builds)).sorted()
        return all.last { $0 < version } ?? all.first
    }

    private static func otherTorch(for python: PythonVersion) -> String {
        let others = TorchRelease.all.filter { $0.supports(python) }
        guard let first = others.first, let last = others.last else { return "" }
        return first == last
            ? "; Python \(python) goes with torch \(first.name)"
            : "; Python \(python) goes with torch \(first.name) to \(last.name)"
    }
}
