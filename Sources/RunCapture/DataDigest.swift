import ExperimentModel
import Glibc
import HostSystem

/// The content digest of a data folder or file, so that two runs can say whether they saw the same data.
///
/// The digest is SHA-256 over one line per file, `<sha256 of content>  <size>  <path below the folder>\n`, in the byte
/// order of the paths. Links to files count as the files; links to folders are not followed and count by their target.
package struct DataDigest {
    /// Remembers digests of files that did not change since (same inode, size and time of change), because hashing a
    /// large data set again for every run would take minutes.
    private var known: [String: String] = [:]
    private var used: [String: String] = [:]
    private let memory: String

    /// - Parameter home: Bunsen's data folder, where digests are remembered.
    package init(home: String, path: String) {
        memory = "\(home)/data-digests/\(SHA256.hexDigest(path.utf8).prefix(32)).txt"
        for line in ((try? Files.readText(memory)) ?? "").split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count == 2 { known[String(parts[0])] = String(parts[1]) }
        }
    }

    /// Hashes `path`.
    ///
    /// - Parameter progress: called with the bytes read so far.
    package mutating func folder(_ path: String, progress: (UInt64) -> Void) throws -> RunManifest.DataFolder {
        var lines: [(name: String, line: String)] = []
        var size: UInt64 = 0
        for entry in try Self.entries(of: path) {
            switch entry.kind {
            case .folderLink(let target):
                lines.append((entry.name, "link  \(target)  \(entry.name)\n"))
            case .file(let file, let status):
                size &+= UInt64(max(0, status.st_size))
                lines.append((entry.name, "\(try digest(of: file, status))  \(status.st_size)  \(entry.name)\n"))
                progress(size)
            }
        }
        lines.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let hash = SHA256()
        for line in lines { hash.update(line.line.utf8) }
        try? Files.makeFolder(Files.parent(of: memory) ?? memory)
        try? Files.write(used.map { "\($0.key) \($0.value)\n" }.sorted().joined(), to: memory)
        return RunManifest.DataFolder(
            path: path, digest: "sha256:\(hash.hexDigest())", files: lines.count, size: size)
    }

    private mutating func digest(of file: String, _ status: stat) throws -> String {
        let change = "\(status.st_dev)-\(status.st_ino)-\(status.st_size)-"
        let key =
            change
            + "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)-\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
        let digest = try known[key] ?? SHA256.hexDigest(file: file)
        used[key] = digest
        return digest
    }

    private struct Entry {
        enum Kind {
            case file(path: String, stat)
            case folderLink(target: String)
        }

        let name: String
        let kind: Kind
    }

    private static func entries(of path: String, name: String = "", depth: Int = 0) throws -> [Entry] {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemError("read", path) }
        if status.st_mode & S_IFMT == S_IFREG {
            return [Entry(name: name.isEmpty ? Files.name(of: path) : name, kind: .file(path: path, status))]
        }
        // Sockets, pipes and devices hold no data of a data set.
        guard status.st_mode & S_IFMT == S_IFDIR else { return [] }
        var link = stat()
        if depth > 0, lstat(path, &link) == 0, link.st_mode & S_IFMT == S_IFLNK {
            return [Entry(name: name, kind: .folderLink(target: Files.resolved(path) ?? path))]
        }
        guard depth < 64 else { throw SystemError("read", path, code: ELOOP) }
        return try Files.names(in: path).flatMap { entry in
            try entries(of: "\(path)/\(entry)", name: name.isEmpty ? entry : "\(name)/\(entry)", depth: depth + 1)
        }
    }
}
