import Engines
import ExperimentModel
import Glibc
import HostSystem
import ImageBuilder
import RecipeModel

/// What a command sees in a container: the project at /workspace, data beside it for reading only, who it is.
struct ContainerSetting {
    let mounts: [ContainerMount]
    /// Where the command starts: the person's own working folder, as it is called in the container.
    let workingFolder: String
    let identity: ContainerIdentity

    /// - Parameters:
    ///   - volumes: `-v` of the command line.
    ///   - data: folders and files that are recorded with a digest, and so may not change.
    init(_ project: Project, _ recipe: Recipe?, volumes: [String], data: [String], _ context: CommandContext) throws {
        guard let root = Files.resolved(project.folder) else { throw SystemError("find", project.folder, code: ENOENT) }
        var mounts = [try ContainerMount(source: root, destination: ImageLayout.workspace, isReadOnly: false)]
        for mount in recipe?.run.mounts ?? [] { mounts.append(try ContainerMount("\(mount)", from: project.folder)) }
        for volume in volumes {
            let expanded = volume.hasPrefix("~/") ? context.path("~") + volume.dropFirst() : volume
            mounts.append(try ContainerMount(expanded, from: context.workingFolder))
        }
        for path in data {
            let source = context.path(path)
            guard let resolved = Files.resolved(source) else {
                throw Failure("--data \(path) does not exist", hint: "look at the path", code: .missing)
            }
            let destination = Self.inside(resolved, root) ?? resolved
            // A mount that the person gave for the same place goes before.
            if mounts.contains(where: { $0.destination == destination }) { continue }
            mounts.append(try ContainerMount(source: resolved, destination: destination, isReadOnly: true))
        }
        var seen: Set<String> = []
        for mount in mounts where !seen.insert(mount.destination).inserted {
            throw EngineError(
                "mount", "\(mount)", .refused("something else is mounted there"), hint: "give each place one source")
        }
        self.mounts = mounts
        let folder = Files.resolved(context.workingFolder) ?? context.workingFolder
        workingFolder = Self.inside(folder, root) ?? ImageLayout.workspace
        identity = try Self.owner(of: root)
    }

    /// The path in the container of a path below the project; nil for one that is not.
    private static func inside(_ path: String, _ root: String) -> String? {
        if path == root { return ImageLayout.workspace }
        return path.hasPrefix(root + "/") ? ImageLayout.workspace + path.dropFirst(root.utf8.count) : nil
    }

    /// Who the command runs as: the person who started it, so that what it writes is theirs. Root who works in
    /// somebody's project leaves the files to them.
    private static func owner(of folder: String) throws -> ContainerIdentity {
        guard geteuid() == 0 else { return ContainerIdentity(user: geteuid(), group: getegid()) }
        var status = stat()
        guard stat(folder, &status) == 0 else { throw SystemError("read", folder) }
        return ContainerIdentity(user: status.st_uid, group: status.st_gid)
    }

    /// What a command has to find in its variables where its user may be unknown to the image.
    static let userVariables = ["HOME": "/tmp", "USER": "bunsen", "LOGNAME": "bunsen"]
}
