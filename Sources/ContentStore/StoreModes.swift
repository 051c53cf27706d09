import Glibc
import HostSystem

/// The permissions of everything in a store: those of the store's own folder, whatever the umask of who writes.
///
/// A store is private (0700) unless the folder it is made in is a group's: `mkdir -m 2775 /srv/bunsen && chgrp lab
/// /srv/bunsen` before the first use makes a store that all of the lab write, with folders of 2775 and files of 0664.
/// See Documentation/decisions/0013-a-store-has-the-permissions-of-its-folder.md.
struct StoreModes: Sendable, Hashable {
    let folder: mode_t
    let file: mode_t

    init(folder: mode_t) {
        self.folder = folder | 0o700
        file = (folder & 0o666) | 0o600
    }

    /// Those of a store that exists.
    init?(ofFolder path: String) {
        guard let mode = Self.mode(path) else { return nil }
        self.init(folder: mode & 0o2777)
    }

    /// Those of a store that is made in a folder.
    init(forStoreIn home: String) {
        let mode = Self.mode(home) ?? 0
        self.init(folder: mode & 0o2020 == 0o2020 ? mode & 0o2777 : 0o700)
    }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? status.st_mode : nil
    }

    /// Makes a folder that has its permissions, and its content, from the first moment. An existing one is fine.
    func makeFolder(_ path: String, content: (String) throws -> Void = { _ in }) throws {
        if Files.isFolder(path) { return }
        let unfinished = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
        do {
            guard mkdir(unfinished, 0o700) == 0, chmod(unfinished, folder) == 0 else {
                throw SystemError("make the folder", path)
            }
            try content(unfinished)
            if rename(unfinished, path) == 0 { return }
            // Another process was faster; its folder is as good.
            guard errno == ENOTEMPTY || errno == EEXIST, Files.isFolder(path) else {
                throw SystemError("make the folder", path)
            }
            try Files.remove(unfinished)
        } catch {
            try? Files.remove(unfinished)
            throw error
        }
    }

    func makeEmptyFile(_ path: String) throws {
        let descriptor = try Descriptor.open(path, O_WRONLY | O_CREAT, 0o600)
        guard fchmod(descriptor.number, file) == 0 else { throw SystemError("write", path) }
    }

    /// Replaces a small file in one step.
    func write(_ bytes: [UInt8], to path: String) throws {
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
        let descriptor = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        do {
            try descriptor.writeAll(bytes, path: path)
            guard fchmod(descriptor.number, file) == 0, fsync(descriptor.number) == 0,
                rename(temporary, path) == 0
            else { throw SystemError("write", path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }
}
