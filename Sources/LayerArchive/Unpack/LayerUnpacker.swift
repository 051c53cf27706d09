import CHostSystem
import Glibc
import HostSystem

/// Unpacks the layers of an image into one folder, the lowest first (OCI image specification, "Applying Changesets").
///
/// Nothing outside the folder is touched, whatever the archives say: no path and no link leads out. Times and modes of
/// folders are set when a layer is done.
package final class LayerUnpacker {
    package struct Options: Sendable {
        /// Give files the owners that the archive names; needs root. Without, everything belongs to who unpacks.
        package var setsOwners = geteuid() == 0
        /// Make device files; needs root. Without, they are left out.
        package var makesDevices = false
        /// Bytes that all layers together may have.
        package var sizeLimit = 1 << 40
        package var entryLimit = 20_000_000

        package init() {}
    }

    /// What was done, over all layers.
    package struct Summary: Sendable, Hashable {
        package var entries = 0
        package var removals = 0
        /// Bytes of file content.
        package var bytes = 0
        /// Device files that were left out.
        package var leftOut: [String] = []
    }

    package private(set) var summary = Summary()
    private let root: RootedFolder
    private let options: Options
    /// Paths that the present layer has made: an opaque whiteout spares them.
    private var made: Set<String> = []
    /// Folders of the present layer, whose times and modes come last.
    private var folders: [TarEntry] = []

    /// - Parameter folder: exists; what is in it counts as a layer below.
    package init(into folder: String, options: Options = Options()) throws {
        root = try RootedFolder(folder)
        self.options = options
    }

    /// Unpacks one layer.
    ///
    /// - Parameter source: an uncompressed tar archive, such as `LayerSource.open` gives.
    package func unpack(_ source: any ByteSource) throws {
        made = []
        folders = []
        let reader = TarReader(source)
        while let entry = try reader.next() {
            summary.entries += 1
            guard summary.entries <= options.entryLimit else {
                throw LayerArchiveError(
                    .unpack, entry.path, .tooLarge(what: "the number of entries", limit: options.entryLimit))
            }
            do {
                try unpack(entry, reader)
            } catch let cause as LayerArchiveError.Cause {
                throw LayerArchiveError(.unpack, entry.path, cause)
            }
        }
        // Innermost first, so that the times of a folder are not changed by what comes after.
        for entry in folders.sorted(by: { LayerPath.precedes($1.path, $0.path) }) { try finishFolder(entry) }
    }

    private func unpack(_ entry: TarEntry, _ reader: TarReader) throws {
        if let whiteout = Whiteout(path: entry.path) { return try apply(whiteout) }
        if entry.path.isEmpty {
            if entry.kind == .folder { folders.append(entry) }
            return
        }
        let (parentPath, name) = Self.split(entry.path)
        guard let parent = try root.folder(parentPath, making: true) else { return }
        made.insert(entry.path)
        switch entry.kind {
        case .folder:
            if let status = root.status(name, in: parent), status.st_mode & S_IFMT != S_IFDIR {
                try root.remove(name, in: parent)
            }
            guard mkdirat(parent.number, name, 0o700) == 0 || errno == EEXIST else { throw failure(entry) }
            folders.append(entry)
        case .file: try makeFile(entry, reader, name, parent)
        case .symbolicLink(let target):
            try root.remove(name, in: parent)
            guard symlinkat(target, parent.number, name) == 0 else { throw failure(entry) }
            try setOwner(entry, name, parent)
            setTime(entry, name, parent)
        case .hardLink(let target): try makeHardLink(entry, target, name, parent)
        case .pipe:
            try root.remove(name, in: parent)
            guard mkfifoat(parent.number, name, 0o600) == 0 else { throw failure(entry) }
            try finishNode(entry, name, parent)
        case .characterDevice(let major, let minor):
            try makeDevice(entry, S_IFCHR, major, minor, name, parent)
        case .blockDevice(let major, let minor):
            try makeDevice(entry, S_IFBLK, major, minor, name, parent)
        }
    }

    private static func split(_ path: String) -> (parent: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    private func failure(_ entry: TarEntry) -> SystemError { SystemError("unpack", root.subject(entry.path)) }

    // MARK: Files

    private func makeFile(_ entry: TarEntry, _ reader: TarReader, _ name: String, _ parent: Descriptor) throws {
        summary.bytes += entry.size
        guard summary.bytes <= options.sizeLimit else {
            throw LayerArchiveError.Cause.tooLarge(what: "the content", limit: options.sizeLimit)
        }
        try root.remove(name, in: parent)
        let number = retryingInterrupts {
            openat(parent.number, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        guard number >= 0 else { throw failure(entry) }
        let file = Descriptor(owning: number)
        try withUnsafeTemporaryAllocation(byteCount: 1 << 17, alignment: 64) { buffer in
            while true {
                let count = try reader.read(into: buffer)
                if count == 0 { break }
                try file.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]), path: root.subject(entry.path))
            }
        }
        if options.setsOwners, fchown(number, uid_t(entry.userID), gid_t(entry.groupID)) != 0 { throw failure(entry) }
        guard fchmod(number, mode_t(entry.mode)) == 0 else { throw failure(entry) }
        for (key, value) in entry.extendedAttributes {
            // Only root may set most of them, and not every file system has them.
            _ = value.withUnsafeBytes { fsetxattr(number, key, $0.baseAddress, $0.count, 0) }
        }
        var times = Self.times(entry)
        futimens(number, &times)
    }

    private func makeHardLink(_ entry: TarEntry, _ target: String, _ name: String, _ parent: Descriptor) throws {
        let (folderPath, targetName) = Self.split(target)
        guard let folder = try root.folder(folderPath, making: false),
            let status = root.status(targetName, in: folder), status.st_mode & S_IFMT != S_IFDIR
        else { throw LayerArchiveError.Cause.missingLinkTarget(target) }
        // A link to itself would remove its own target.
        if let existing = root.status(name, in: parent), existing.st_ino == status.st_ino,
            existing.st_dev == status.st_dev
        {
            return
        }
        try root.remove(name, in: parent)
        guard linkat(folder.number, targetName, parent.number, name, 0) == 0 else { throw failure(entry) }
    }

    private func makeDevice(
        _ entry: TarEntry, _ type: mode_t, _ major: Int, _ minor: Int, _ name: String, _ parent: Descriptor
    ) throws {
        guard options.makesDevices else {
            summary.leftOut.append(entry.path)
            return
        }
        try root.remove(name, in: parent)
        let device = gnu_dev_makedev(UInt32(truncatingIfNeeded: major), UInt32(truncatingIfNeeded: minor))
        guard mknodat(parent.number, name, type | 0o600, device) == 0 else { throw failure(entry) }
        try finishNode(entry, name, parent)
    }

    private func finishNode(_ entry: TarEntry, _ name: String, _ parent: Descriptor) throws {
        try setOwner(entry, name, parent)
        guard fchmodat(parent.number, name, mode_t(entry.mode), 0) == 0 else { throw failure(entry) }
        setTime(entry, name, parent)
    }

    private func finishFolder(_ entry: TarEntry) throws {
        guard let folder = try root.folder(entry.path, making: false) else { return }
        if options.setsOwners, fchown(folder.number, uid_t(entry.userID), gid_t(entry.groupID)) != 0 {
            throw failure(entry)
        }
        guard fchmod(folder.number, mode_t(entry.mode)) == 0 else { throw failure(entry) }
        var times = Self.times(entry)
        futimens(folder.number, &times)
    }

    private func setOwner(_ entry: TarEntry, _ name: String, _ parent: Descriptor) throws {
        guard options.setsOwners else { return }
        let result = fchownat(
            parent.number, name, uid_t(entry.userID), gid_t(entry.groupID), AT_SYMLINK_NOFOLLOW)
        guard result == 0 else { throw failure(entry) }
    }

    private func setTime(_ entry: TarEntry, _ name: String, _ parent: Descriptor) {
        var times = Self.times(entry)
        utimensat(parent.number, name, &times, AT_SYMLINK_NOFOLLOW)
    }

    private static func times(_ entry: TarEntry) -> [timespec] {
        Array(repeating: timespec(tv_sec: entry.modified, tv_nsec: 0), count: 2)
    }

    // MARK: Whiteouts

    private func apply(_ whiteout: Whiteout) throws {
        summary.removals += 1
        switch whiteout {
        case .removal(let path):
            let (parentPath, name) = Self.split(path)
            guard !name.isEmpty, name != ".", name != ".." else { throw LayerArchiveError.Cause.unsafePath }
            guard let parent = try root.folder(parentPath, making: false) else { return }
            try root.remove(name, in: parent)
        case .opaque(let path):
            guard let folder = try root.folder(path, making: false) else { return }
            try removeLower(folder, path)
        }
    }

    /// Removes what the layers below have in a folder.
    private func removeLower(_ folder: Descriptor, _ path: String) throws {
        for name in try root.names(in: folder) {
            let child = path.isEmpty ? name : "\(path)/\(name)"
            if !made.contains(child) {
                try root.remove(name, in: folder)
            } else if let inner = try root.open(name, in: folder) {
                try removeLower(inner, child)
            }
        }
    }
}
