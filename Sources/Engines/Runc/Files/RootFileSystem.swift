import Glibc
import HostSystem

/// What a container's root is made of: the layers in the store, and in the container's folder the files that belong to
/// this container alone. The kernel puts them on top of each other; nothing of an image is copied.
struct RootFileSystem {
    /// The container's folder.
    let folder: String
    let files: ImageFiles
    /// Whom new places belong to, on the host; nil is who runs this.
    let owner: ContainerUser?

    private var upper: String { "\(folder)/upper" }

    func prepare() throws {
        for name in ["upper", "work", "root"] { try Files.makeFolder("\(folder)/\(name)") }
        // Whatever the umask: ordinary users of the container go through its root.
        chmod(upper, 0o755)
    }

    /// The mount of the root, for a child whose working folder is the container's.
    ///
    /// - Parameters:
    ///   - layers: from the base upwards, opened by the child. They are named by numbers, because the kernel reads all
    ///     options of a mount from one page: 128 layers take 2,300 bytes of 4,096.
    ///   - inUserNamespace: who mounts is an ordinary user, whose marks on files are kept in user attributes.
    func mount(
        layers: [ChildProcess.Isolation.Folder], inUserNamespace: Bool
    ) -> ChildProcess.Isolation.Mount {
        let lower = layers.reversed().map { "/proc/self/fd/\($0.number)" }.joined(separator: ":")
        // The upper files live as long as the container: nothing is gained by writing them out when it ends.
        var options = "lowerdir=\(lower),upperdir=upper,workdir=work,volatile"
        if inUserNamespace { options += ",userxattr" }
        return .init(source: "overlay", target: "root", type: "overlay", options: options)
    }

    // MARK: The container's own files

    /// Writes a file of the container over that of the image.
    func write(_ text: String, to path: String) throws {
        if let parent = Files.parent(of: path) { try makeUpperFolder(parent) }
        let place = upper + path
        let file = try Descriptor.open(place, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        try file.writeAll(Array(text.utf8), path: place)
        // Whatever the umask.
        guard fchmod(file.number, 0o644) == 0 else { throw SystemError("write", place) }
    }

    /// A folder of the container's own user, such as a home.
    func makeOwnFolder(_ path: String) throws {
        if let parent = Files.parent(of: path) { try makeUpperFolder(parent) }
        try Files.makeFolder(upper + path)
        try own(upper + path)
    }

    /// Makes sure that there is something to mount over. What is missing belongs to the container's user, and so do its
    /// parents: not to root.
    func makePlace(for mount: ContainerMount) throws {
        let outer = files.mounts.filter { $0 != mount && mount.destination.hasPrefix($0.destination + "/") }
        let below = ImageFiles(files, mounts: outer)
        if below.find(mount.destination) != nil { return }
        var missing: [String] = []
        var ancestor = mount.destination
        while ancestor != "/", below.find(ancestor) == nil {
            missing.insert(Files.name(of: ancestor), at: 0)
            ancestor = Files.parent(of: ancestor) ?? "/"
        }
        guard let found = below.find(ancestor), found.isFolder else {
            throw EngineError("mount at", mount.destination, .refused("\(ancestor) is no folder"))
        }
        var place = found.place
        if !found.isMounted {
            try makeUpperFolder(found.path)
            place = found.path == "/" ? upper : upper + found.path
        }
        let isFolder = Files.isFolder(mount.source)
        for (number, name) in missing.enumerated() {
            place += "/\(name)"
            if Files.exists(place) { continue }
            if isFolder || number < missing.count - 1 {
                guard mkdir(place, 0o755) == 0 else { throw SystemError("make the folder", place) }
            } else {
                _ = try Descriptor.open(place, O_WRONLY | O_CREAT)
            }
            try own(place)
        }
    }

    private func own(_ place: String) throws {
        guard let owner else { return }
        guard lchown(place, owner.user, owner.group) == 0 else { throw SystemError("give away", place) }
    }

    /// The folder above those of the layers. It looks as theirs does, because the upper one decides.
    private func makeUpperFolder(_ path: String) throws {
        if path == "/" || Files.isFolder(upper + path) { return }
        if let parent = Files.parent(of: path) { try makeUpperFolder(parent) }
        guard mkdir(upper + path, 0o755) == 0 else { throw SystemError("make the folder", upper + path) }
        guard let below = ImageFiles(files, mounts: []).find(path) else { return }
        // In a user namespace owners are what they can be.
        lchown(upper + path, below.status.st_uid, below.status.st_gid)
        chmod(upper + path, below.status.st_mode & 0o7777)
    }
}
