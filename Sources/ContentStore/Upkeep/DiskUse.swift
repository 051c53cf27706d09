import Glibc
import HostSystem

/// The room that a file or a folder takes on the disk, with the names that its files have elsewhere.
struct DiskUse: Sendable, Hashable {
    struct FileID: Sendable, Hashable {
        let device: UInt64
        let number: UInt64
    }

    /// A file that has several names, some perhaps elsewhere.
    struct SharedFile: Sendable, Hashable {
        let bytes: Int64
        /// Names here.
        var names: Int
        /// All names.
        let links: Int
    }

    /// Bytes of blocks of folders and of files with one name.
    private(set) var own: Int64 = 0
    private(set) var shared: [FileID: SharedFile] = [:]

    init() {}

    init(_ path: String) { add(path) }

    var bytes: Int64 { shared.values.reduce(own) { $0 + $1.bytes } }

    /// Adds a file, or a folder with everything in it. Follows no links; what cannot be read counts as nothing.
    mutating func add(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        let size = Int64(status.st_blocks) * 512
        if status.st_mode & S_IFMT == S_IFDIR {
            own += size
            for name in (try? Files.names(in: path)) ?? [] { add("\(path)/\(name)") }
        } else if status.st_nlink > 1 {
            let id = FileID(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
            shared[id, default: SharedFile(bytes: size, names: 0, links: Int(status.st_nlink))].names += 1
        } else {
            own += size
        }
    }
}

/// Which files would still have a name after some of their names are removed.
struct LinkLedger {
    private var removed: [DiskUse.FileID: Int] = [:]

    /// The bytes that would become free.
    func freed(_ use: DiskUse) -> Int64 {
        use.shared.reduce(use.own) { sum, file in
            sum + (removed[file.key, default: 0] + file.value.names >= file.value.links ? file.value.bytes : 0)
        }
    }

    mutating func remove(_ use: DiskUse) {
        for (id, file) in use.shared { removed[id, default: 0] += file.names }
    }
}
