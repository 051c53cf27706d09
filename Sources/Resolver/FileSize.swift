import Glibc
import HostSystem

extension Files {
    /// The size of a file in bytes.
    static func size(_ path: String) throws -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemError("read", path) }
        return Int64(status.st_size)
    }
}
