import ExperimentModel
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

/// The manifests of a project, found and read relative to the open folder of the runs, which spares the system the walk
/// from the root for each of them.
struct ManifestFolder: ~Copyable {
    struct Found: Sendable {
        var id: RunID
        var stamp: ManifestStamp
    }

    private let stream: OpaquePointer
    let descriptor: Int32

    /// Nil when the folder is not there or cannot be read.
    init?(_ path: String) {
        guard let stream = opendir(path) else { return nil }
        self.stream = stream
        descriptor = dirfd(stream)
    }

    deinit { closedir(stream) }

    /// The runs that have a manifest, in no order.
    func scan() -> [Found] {
        var found: [Found] = []
        let suffix = Array("/\(RunFolder.manifestName)".utf8CString)
        var path = [CChar](repeating: 0, count: 36 + suffix.count)
        for index in suffix.indices { path[36 + index] = suffix[index] }
        while let entry = readdir(stream) {
            let id: RunID? = withUnsafeBytes(of: &entry.pointee.d_name) { name in
                guard name.count > 36, name[36] == 0, name[0] != UInt8(ascii: ".") else { return nil }
                return RunID(String(decoding: name.prefix(36), as: UTF8.self))
            }
            guard let id else { continue }
            withUnsafeBytes(of: &entry.pointee.d_name) { name in
                for index in 0..<36 { path[index] = CChar(bitPattern: name[index]) }
            }
            var status = stat()
            guard fstatat(descriptor, path, &status, 0) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            found.append(Found(id: id, stamp: ManifestStamp(status)))
        }
        return found
    }
}
