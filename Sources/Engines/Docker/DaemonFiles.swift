import FoundationEssentials
import Glibc
import HostSystem
import LayerArchive

/// Small files of a daemon's container, one that was made and not started too.
struct DaemonFiles {
    let client: DaemonClient
    let container: String

    private static let sizeLimit = 4 << 20

    /// What a daemon says of a path, in a header.
    struct PathState: Decodable {
        /// Go's file mode: the permissions, and a kind in the high bits.
        let mode: UInt32

        var isFolder: Bool { mode >> 31 == 1 }
        var isLink: Bool { mode >> 27 & 1 == 1 }
        var isExecutable: Bool { !isFolder && (isLink || mode & 0o111 != 0) }
    }

    /// What is at a path; nil for nothing.
    func state(of path: String) throws -> PathState? {
        let answer = try client.send("HEAD", "/containers/\(container)/archive", [("path", path)])
        guard answer.status == 200, let header = answer.headers["x-docker-container-path-stat"],
            let bytes = Data(base64Encoded: header)
        else { return nil }
        return try? JSONDecoder().decode(PathState.self, from: bytes)
    }

    /// The text of a file; nil where there is none.
    private func text(of path: String) throws -> String? {
        let connection = try client.open("GET", "/containers/\(container)/archive", [("path", path)])
        if connection.head.status == 404 { return nil }
        let bytes = try connection.readAll(limit: Self.sizeLimit)
        guard connection.head.status == 200 else {
            let answer = DaemonClient.Answer(status: connection.head.status, headers: [:], body: bytes)
            throw EngineError("read", "\(path) of \(container)", .said(DaemonClient.message(answer)))
        }
        let reader = TarReader(MemorySource(bytes))
        guard let entry = try reader.next(), entry.kind == .file, entry.size <= Self.sizeLimit else { return nil }
        var content = [UInt8](repeating: 0, count: entry.size)
        let count = try content.withUnsafeMutableBytes { try reader.fill($0) }
        return String(decoding: content[..<count], as: UTF8.self)
    }

    // MARK: Accounts

    /// Gives the user of a container a name and a home.
    func add(_ account: ContainerAccount, _ user: ContainerUser) throws {
        let hasShell = try state(of: account.shell)?.isExecutable ?? false
        let lists = AccountFiles(
            account, user, shell: hasShell ? account.shell : "/bin/sh", users: try text(of: "/etc/passwd") ?? "",
            groups: try text(of: "/etc/group") ?? "")
        var archive: [UInt8] = []
        for (path, text) in [("etc/passwd", lists.users), ("etc/group", lists.groups)] {
            let bytes = Array(text.utf8)
            archive += try TarHeaderEncoder().header(of: TarEntry(path, .file, size: bytes.count, mode: 0o644))
            archive += bytes + [UInt8](repeating: 0, count: TarHeaderEncoder.padding(bytes.count))
        }
        let home = String(account.home.dropFirst())
        for folder in LayerPath.parents(of: home) + [home] where try state(of: "/\(folder)") == nil {
            let owner = folder == home ? (Int(user.user), Int(user.group)) : (0, 0)
            archive += try TarHeaderEncoder().header(
                of: TarEntry(folder, .folder, mode: 0o755, userID: owner.0, groupID: owner.1))
        }
        let answer = try client.send(
            "PUT", "/containers/\(container)/archive", [("path", "/"), ("copyUIDGID", "false")],
            archive: archive + TarHeaderEncoder.end)
        try client.check(answer, "name the user of", container)
    }
}
