import Glibc
import HostSystem

/// When something was last used: the modification time of its file. Content never changes, so nothing else needs it.
enum UseTime {
    /// A use is written down at most so often, so that reading stays reading. Prune allows for it.
    static let granularity: Double = 6 * 3600

    /// Notes that a file is used now. Where the file may not be touched, its time stays old: no reason to fail.
    static func note(_ path: String, _ status: stat) {
        if Timestamp.now.seconds - time(status).seconds > granularity { utimensat(AT_FDCWD, path, nil, 0) }
    }

    static func time(_ status: stat) -> Timestamp {
        Timestamp(seconds: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9)
    }
}
