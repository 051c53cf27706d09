import Glibc
import HostSystem

/// A folder that paths cannot lead out of: symbolic links below it are followed as if it were the root of the file
/// system, one component at a time, and never by the system.
final class RootedFolder {
    private static let longestChain = 40

    let path: String
    private let root: Descriptor
    /// The folder that was asked for last: entries of an archive come in the order of their folders.
    private var last: (path: String, folder: Descriptor)?

    init(_ path: String) throws {
        self.path = path
        root = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
    }

    /// Opens the folder at a path, following links. Missing folders are made when asked for, else the result is nil.
    func folder(_ path: String, making: Bool) throws -> Descriptor? {
        if path.isEmpty { return root }
        if let last, last.path == path { return last.folder }
        var stack = [root]
        var components = Array(path.split(separator: "/").map(String.init).reversed())
        var links = 0
        while let component = components.popLast() {
            if component == "." { continue }
            if component == ".." {
                if stack.count > 1 { stack.removeLast() }
                continue
            }
            let parent = stack[stack.count - 1]
            if let folder = try open(component, in: parent) {
                stack.append(folder)
            } else if let target = link(component, in: parent) {
                links += 1
                guard links <= Self.longestChain else { throw SystemError("enter", subject(path), code: ELOOP) }
                if target.hasPrefix("/") { stack = [root] }
                components += target.split(separator: "/").map(String.init).reversed()
            } else if exists(component, in: parent) {
                throw LayerArchiveError(.unpack, path, .occupied(by: "\(component), which is not a folder,"))
            } else if making {
                guard mkdirat(parent.number, component, 0o755) == 0 else { throw SystemError("make", subject(path)) }
                guard let folder = try open(component, in: parent) else {
                    throw SystemError("enter", subject(path), code: ENOENT)
                }
                stack.append(folder)
            } else {
                return nil
            }
        }
        let folder = stack[stack.count - 1]
        last = (path, folder)
        return folder
    }

    func subject(_ path: String) -> String { "\(self.path)/\(path)" }

    /// Nil where there is no folder of that name, or a link.
    func open(_ name: String, in parent: Descriptor) throws -> Descriptor? {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var number = retryingInterrupts { openat(parent.number, name, flags) }
        if number < 0, errno == EACCES, let status = status(name, in: parent), status.st_mode & S_IFMT == S_IFDIR {
            // A folder of ours that was unpacked without the right to enter it.
            fchmodat(parent.number, name, status.st_mode & 0o7777 | 0o700, 0)
            number = retryingInterrupts { openat(parent.number, name, flags) }
        }
        if number >= 0 { return Descriptor(owning: number) }
        if [ENOENT, ENOTDIR, ELOOP].contains(errno) { return nil }
        throw SystemError("enter", subject(name))
    }

    func status(_ name: String, in parent: Descriptor) -> stat? {
        var status = stat()
        return fstatat(parent.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
    }

    func exists(_ name: String, in parent: Descriptor) -> Bool { status(name, in: parent) != nil }

    private func link(_ name: String, in parent: Descriptor) -> String? {
        var buffer = [CChar](repeating: 0, count: 4097)
        let count = readlinkat(parent.number, name, &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes a file or a whole folder, following no links. What does not exist is fine.
    func remove(_ name: String, in parent: Descriptor) throws {
        let result = unlinkat(parent.number, name, 0)
        let code = errno
        if result != 0, code == ENOENT { return }
        // What was remembered may have been reached through it.
        last = nil
        if result == 0 { return }
        guard [EISDIR, EPERM, EACCES].contains(code), let folder = try open(name, in: parent) else {
            throw SystemError("remove", subject(name))
        }
        for child in try names(in: folder) { try remove(child, in: folder) }
        guard unlinkat(parent.number, name, AT_REMOVEDIR) == 0 else { throw SystemError("remove", subject(name)) }
    }

    func names(in folder: Descriptor) throws -> [String] {
        let copy = openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else {
            if copy >= 0 { close(copy) }
            throw SystemError("list", path)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
