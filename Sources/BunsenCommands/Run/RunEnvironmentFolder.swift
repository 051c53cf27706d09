import HostSystem
import RecipeModel

/// `environment/` of a run folder: what is needed to have the same environment and the same code again.
struct RunEnvironmentFolder {
    private let path: String

    init(_ path: String) {
        self.path = path
    }

    /// - Parameters:
    ///   - pylock: the file beside the lock that the environment was made from; nil without one.
    ///   - patch: the uncommitted changes; empty for a clean working copy.
    ///   - packages: one `name==version` a line; nil where the environment is not locked.
    func fill(project: Project, pylock: String?, patch: [UInt8], packages: String?) throws {
        try Files.makeFolder(path)
        for source in [project.recipePath, project.lockPath, pylock.map { "\(project.folder)/\($0)" }].compactMap({ $0 }
        )
        where Files.exists(source) {
            try Files.write(try Files.read(source), to: "\(path)/\(Files.name(of: source))")
        }
        if !patch.isEmpty { try Files.write(patch, to: "\(path)/uncommitted.patch") }
        if let packages { try Files.write(packages, to: "\(path)/packages.txt") }
    }
}
