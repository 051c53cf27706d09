import Glibc
import HostSystem

/// Writes the files of a layer unpacked, while the layer is made. The tree has the same content and modes as the layer;
/// it belongs to whoever makes it.
final class SnapshotTree {
    private let root: String
    private var folders: Set<String> = []

    init(root: String) { self.root = root }

    func addFolder(_ path: String) throws {
        guard !folders.contains(path) else { return }
        if let parent = Files.parent(of: path), parent != "/" { try addFolder(parent) }
        let place = root + path
        guard mkdir(place, 0o755) == 0 || errno == EEXIST else { throw SystemError("make the folder", place) }
        folders.insert(path)
    }

    func addLink(_ path: String, target: String) throws {
        try addParent(of: path)
        guard symlink(target, root + path) == 0 else { throw SystemError("link", root + path) }
    }

    func addFile(_ path: String, mode: UInt16, content: [UInt8]) throws {
        let file = try self.file(path, mode: mode)
        try file.writeAll(content, path: root + path)
    }

    /// Takes a file that is on the same file system, as it is.
    func moveFile(from source: String, to path: String, mode: UInt16) throws {
        try addParent(of: path)
        let isOwn = geteuid() != 0 || chown(source, 0, 0) == 0
        guard isOwn, chmod(source, mode_t(mode)) == 0, rename(source, root + path) == 0 else {
            throw SystemError("move here", root + path)
        }
    }

    /// A new file to be written.
    func file(_ path: String, mode: UInt16) throws -> Descriptor {
        try addParent(of: path)
        let file = try Descriptor.open(root + path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard fchmod(file.number, mode_t(mode)) == 0 else { throw SystemError("write", root + path) }
        return file
    }

    private func addParent(of path: String) throws {
        if let parent = Files.parent(of: path), parent != "/" { try addFolder(parent) }
    }
}
