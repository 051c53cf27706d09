import Glibc
import HostSystem

/// A folder for the half-made things of one build. What a killed build left is removed by the next one.
final class ScratchFolder {
    let path: String
    private let lock: FileLock
    private let environment: [String: String]

    /// - Parameter home: $BUNSEN_HOME, which is used where everybody may enter it: in a user namespace, root is another
    ///   user than the one who started it. Else the system's folder for temporary files.
    init(home: String, environment: [String: String]) throws {
        self.environment = environment
        var parent = "\(home)/tmp"
        try Files.makeFolder(parent)
        if geteuid() != 0, chmod(parent, 0o711) != 0 || !Self.everybodyMayEnter(parent) {
            let chosen = environment["TMPDIR"] ?? ""
            parent = chosen.isEmpty || !Self.everybodyMayEnter(chosen) ? "/tmp" : chosen
        }
        try Files.makeFolder(parent)
        let prefix = "bunsen-base-\(geteuid())-"
        Self.removeAbandoned(in: parent, prefix: prefix, environment: environment)
        path = "\(parent)/\(prefix)\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        guard mkdir(path, 0o755) == 0 else { throw SystemError("make the folder", path) }
        chmod(path, 0o755)
        lock = try FileLock.wait("\(path)/lock")
    }

    deinit {
        Self.remove(path, environment: environment)
    }

    private static func everybodyMayEnter(_ path: String) -> Bool {
        guard var folder = Files.resolved(path) else { return false }
        while true {
            var status = stat()
            guard stat(folder, &status) == 0, status.st_mode & S_IXOTH != 0 else { return false }
            guard let parent = Files.parent(of: folder) else { return true }
            folder = parent
        }
    }

    private static func removeAbandoned(in parent: String, prefix: String, environment: [String: String]) {
        for name in (try? Files.names(in: parent)) ?? [] where name.hasPrefix(prefix) {
            let path = "\(parent)/\(name)"
            var status = stat()
            // The lock file is made a moment after the folder.
            guard lstat(path, &status) == 0, status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFDIR,
                time(nil) - status.st_mtim.tv_sec > 5, !FileLock.isHeld("\(path)/lock")
            else { continue }
            remove(path, environment: environment)
        }
    }

    private static func remove(_ path: String, environment: [String: String]) {
        if (try? Files.remove(path)) != nil { return }
        // What the root of a user namespace made can be removed by that one only.
        _ = try? AptTool.find("mmdebstrap", environment: environment).run(
            ["--unshare-helper", "rm", "-rf", "--", "\(path)/work"], timeout: 300)
        try? Files.remove(path)
    }
}
