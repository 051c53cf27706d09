import Glibc
import HostSystem

/// What the person's own ssh knows of a workbench: two files of its own below `~/.ssh/bunsen/`, and one line in
/// `~/.ssh/config` that includes them all, which is written only when the person asks for it.
package struct ClientConfiguration: Sendable {
    private let home: String
    private let name: String

    package init(home: String, name: String) {
        self.home = home
        self.name = name
    }

    private var folder: String { "\(home)/.ssh/bunsen" }
    package var path: String { "\(folder)/\(name).config" }
    private var knownHostsPath: String { "\(folder)/\(name).known_hosts" }

    /// - Parameters:
    ///   - user: the account in the workbench.
    ///   - key: a file of the key to use; nil leaves it to ssh.
    package func write(_ door: WorkbenchRecord.SSH, user: String, key: String?) throws {
        try Files.makeFolder("\(home)/.ssh", mode: 0o700)
        try Files.makeFolder(folder, mode: 0o700)
        let alias = "bunsen-\(name)"
        try Files.write("\(alias) \(door.hostKey)\n", to: knownHostsPath, mode: 0o600)
        var lines = [
            "# Written by bunsen for the workbench \(name); bunsen down \(name) removes it.",
            "Host \(name)",
            "    HostName \(DoorAddress.loopback)",
            "    Port \(door.address.port)",
            "    User \(user)",
            "    HostKeyAlias \(alias)",
            "    UserKnownHostsFile \"\(knownHostsPath)\"",
            "    StrictHostKeyChecking yes",
            "    PreferredAuthentications publickey",
        ]
        if let key { lines += ["    IdentityFile \"\(key)\""] }
        try Files.write(lines.map { $0 + "\n" }.joined(), to: path, mode: 0o600)
    }

    package func remove() {
        unlink(path)
        unlink(knownHostsPath)
        // Stays as long as other workbenches are in it.
        rmdir(folder)
    }

    // MARK: The one line in ~/.ssh/config

    private static let line = "Include bunsen/*.config"
    private var mainPath: String { "\(home)/.ssh/config" }

    /// Whether `ssh NAME` works without further options.
    package var isIncluded: Bool {
        guard let text = try? Files.readText(mainPath, limit: 1 << 22) else { return false }
        return text.split(whereSeparator: \.isNewline).contains { line in
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "=" }
            return words.first?.lowercased() == "include"
                && words.dropFirst().contains { ["bunsen/*.config", "~/.ssh/bunsen/*.config"].contains($0) }
        }
    }

    /// Puts the line before everything else: below a `Host` it would count for that host alone.
    package func include() throws {
        if isIncluded { return }
        try Files.makeFolder("\(home)/.ssh", mode: 0o700)
        // Where it is a link, such as into a folder of such files, the link stays.
        let target = Files.resolved(mainPath) ?? mainPath
        var status = stat()
        let mode = stat(target, &status) == 0 ? status.st_mode & 0o777 : 0o600
        let text = Files.exists(target) ? try Files.readText(target, limit: 1 << 22) : ""
        try Files.write("\(Self.line)\n\(text.isEmpty ? "" : "\n")\(text)", to: target, mode: mode)
    }

    /// The command that opens a shell in the workbench.
    package var command: [String] { isIncluded ? ["ssh", name] : ["ssh", "-F", path, name] }

    /// Opens the project in the editor that knows such links.
    package func editorLink(_ folder: String) -> String { "vscode://vscode-remote/ssh-remote+\(name)\(folder)" }
}
