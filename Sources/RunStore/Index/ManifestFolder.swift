import ExperimentModel
import Glibc

/// The manifests of a project, found and read relative to the open folder of the runs, which spares the system the walk
/// from the root for each of them.
struct ManifestFolder: ~Copyable {
    struct Found: Sendable {
        var id: RunID
        var stamp: ManifestStamp
    }

    let stream: OpaquePointer
    let descriptor: Int32

    /// Nil when the folder is not there or cannot be read.
    init?(_ path: String) {
        guard let stream = opendir(path) else { return nil }
        self.stream = stream
        descriptor = dirfd(stream)
    }

    deinit { closedir(stream) }

    /// The runs that have a manifest, in no order.
    static func scan(_ stream: OpaquePointer) -> [Found] {
        let descriptor = dirfd(stream)
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
