import Glibc
import HostSystem

/// The room that files take on the disk. A file with several names counts once.
package struct FolderSize: Sendable, Hashable {
    private struct FileID: Hashable {
        let device: UInt64
        let number: UInt64
    }

    /// Bytes of blocks.
    package private(set) var bytes: Int64 = 0
    package private(set) var files = 0
    private var seen: Set<FileID> = []

    package init() {}

    init(_ path: String) { add(path) }

    /// Adds a file or a folder with everything in it. Follows no links; what cannot be read counts as nothing.
    ///
    /// - Returns: the bytes that came with it.
    @discardableResult
    package mutating func add(_ path: String) -> Int64 {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        if !isFolder, status.st_nlink > 1 {
            let id = FileID(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
            guard seen.insert(id).inserted else { return 0 }
        }
        let before = bytes
        bytes += Int64(status.st_blocks) * 512
        guard isFolder else {
            files += 1
            return bytes - before
        }
        for name in (try? Files.names(in: path)) ?? [] { add("\(path)/\(name)") }
        return bytes - before
    }
}
