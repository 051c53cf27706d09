import Glibc

/// What tells whether a manifest is still the one that was read: manifests are replaced, so a change has another inode.
struct ManifestStamp: Hashable, Sendable {
    var modified: Int64
    var size: Int64
    var inode: Int64

    init(modified: Int64, size: Int64, inode: Int64) {
        (self.modified, self.size, self.inode) = (modified, size, inode)
    }

    init(_ status: stat) {
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        size = Int64(status.st_size)
        inode = Int64(truncatingIfNeeded: status.st_ino)
    }
}
