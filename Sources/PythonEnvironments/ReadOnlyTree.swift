import Glibc
import HostSystem

/// Takes the right to write from an environment, so that `pip install` into it fails instead of changing what other
/// runs were recorded with.
enum ReadOnlyTree {
    /// - Parameter alsoFiles: false leaves files as they are. They are hard links to uv's cache, and where that is the
    ///   person's own, its other users may want to write.
    static func sealContents(of folder: String, alsoFiles: Bool) throws {
        for name in try Files.names(in: folder) {
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { throw SystemError("seal", path) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                try sealContents(of: path, alsoFiles: alsoFiles)
                guard chmod(path, 0o555) == 0 else { throw SystemError("seal", path) }
            case S_IFREG where alsoFiles && status.st_mode & 0o222 != 0:
                guard chmod(path, status.st_mode & 0o555) == 0 else { throw SystemError("seal", path) }
            default: break
            }
        }
    }
}
