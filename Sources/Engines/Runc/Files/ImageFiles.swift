import Glibc
import HostSystem
import Synchronization

/// The files that a container will see, looked at before it is started: the layers of its image, and what is mounted
/// over them.
struct ImageFiles: Sendable {
    /// Unpacked layers, from the base upwards.
    let layers: [String]
    let mounts: [ContainerMount]
    private let folders: LayerFolders

    init(layers: [String], mounts: [ContainerMount]) {
        self.layers = layers
        self.mounts = mounts
        folders = LayerFolders(layers)
    }

    /// The same layers below other mounts.
    init(_ files: ImageFiles, mounts: [ContainerMount]) {
        layers = files.layers
        folders = files.folders
        self.mounts = mounts
    }

    struct Found {
        /// On the host.
        let place: String
        /// In the container, with links followed.
        let path: String
        let status: stat
        /// It is in a mount, and so a file of the host.
        let isMounted: Bool

        var isFolder: Bool { status.st_mode & S_IFMT == S_IFDIR }
    }

    /// What is at an absolute path, following links within the container; nil for nothing.
    func find(_ path: String) -> Found? {
        var open = path.split(separator: "/").reversed().map(String.init)
        var parts: [String] = []
        var links = 0
        var found = look("/")
        while let name = open.popLast() {
            if name == "." { continue }
            if name == ".." {
                _ = parts.popLast()
                found = look("/" + parts.joined(separator: "/"))
                continue
            }
            let here = "/" + (parts + [name]).joined(separator: "/")
            guard let next = look(here) else { return nil }
            if next.status.st_mode & S_IFMT == S_IFLNK {
                links += 1
                guard links <= 40, let target = Self.target(of: next.place) else { return nil }
                if target.hasPrefix("/") { parts = [] }
                open += target.split(separator: "/").reversed().map(String.init)
                found = look("/" + parts.joined(separator: "/"))
                continue
            }
            parts.append(name)
            found = next
        }
        return found
    }

    /// What is at a path, following no links: in the innermost mount, else in the uppermost layer that has it.
    private func look(_ path: String) -> Found? {
        let above = mounts.filter { path == $0.destination || path.hasPrefix($0.destination + "/") }
        if let mount = above.max(by: { $0.destination.utf8.count < $1.destination.utf8.count }) {
            return Self.status(mount.source + path.dropFirst(mount.destination.count), path, isMounted: true)
        }
        for layer in folders.having(Files.parent(of: path) ?? "/") {
            if let found = Self.status(layer + path, path) { return found }
        }
        // The places of mounts are made when they are not there.
        if mounts.contains(where: { $0.destination.hasPrefix(path + "/") }) { return Self.status("/", path) }
        return nil
    }

    private static func status(_ place: String, _ path: String, isMounted: Bool = false) -> Found? {
        var status = stat()
        guard lstat(place, &status) == 0 else { return nil }
        return Found(place: place, path: path, status: status, isMounted: isMounted)
    }

    private static func target(of link: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The text of a small file of the image.
    func text(of path: String) -> String? {
        find(path).flatMap { try? Files.readText($0.place, limit: 4 << 20) }
    }
}

/// Which layers have a folder, remembered: of fifty layers two or three have any given one, and nobody need look for its
/// files in the others.
private final class LayerFolders: Sendable {
    private let known: Mutex<[String: [String]]>

    /// - Parameter layers: from the base upwards.
    init(_ layers: [String]) { known = Mutex(["/": layers.reversed()]) }

    /// The layers whose files at `folder` a container sees, from the uppermost downwards: a file in one hides the
    /// folders of those below.
    func having(_ folder: String) -> [String] {
        if let layers = known.withLock({ $0[folder] }) { return layers }
        var layers: [String] = []
        for layer in having(Files.parent(of: folder) ?? "/") {
            var status = stat()
            guard lstat(layer + folder, &status) == 0 else { continue }
            guard status.st_mode & S_IFMT == S_IFDIR else { break }
            layers.append(layer)
        }
        known.withLock { $0[folder] = layers }
        return layers
    }
}

extension ImageFiles {
    /// Throws for a command that is not there or cannot be executed, as `start` has promised.
    func checkCommand(_ command: [String], searchPath: String, from folder: String) throws {
        guard let name = command.first, !name.isEmpty else { throw EngineError("execute", "nothing", .noCommand) }
        if name.contains("/") {
            guard let found = find(Files.absolute(name, from: folder)) else {
                throw EngineError("execute", name, .noCommand)
            }
            try checkProgram(found, name)
            return
        }
        for place in searchPath.split(separator: ":") {
            if let found = find("\(Files.absolute(String(place), from: folder))/\(name)"), !found.isFolder,
                found.status.st_mode & 0o111 != 0
            {
                try checkProgram(found, name)
                return
            }
        }
        throw EngineError("execute", name, .noCommand)
    }

    private func checkProgram(_ found: Found, _ name: String) throws {
        if found.isFolder { throw EngineError("execute", name, .notExecutable("it is a folder")) }
        guard found.status.st_mode & 0o111 != 0 else {
            throw EngineError("execute", name, .notExecutable("permission denied"))
        }
        guard let file = try? Descriptor.open(found.place, O_RDONLY) else { return }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = bytes.withUnsafeMutableBytes { read(file.number, $0.baseAddress, $0.count) }
        guard count > 2, bytes.starts(with: Array("#!".utf8)) else { return }
        let line = bytes[2..<count].prefix { $0 != 10 }
        guard let word = line.split(separator: 32).first,
            find(Files.absolute(String(decoding: word, as: UTF8.self), from: "/")) == nil
        else { return }
        throw EngineError("execute", name, .notExecutable("the interpreter in its first line does not exist"))
    }
}
