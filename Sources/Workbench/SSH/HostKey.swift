import HostSystem

/// The key by which a client knows the workbench. It is made once and stays until the workbench is taken down, so that a
/// warning of a changed key is always worth reading.
package enum HostKey {
    /// - Returns: the public key, `ssh-ed25519 AAAA…`.
    package static func prepare(_ control: ControlFolder, name: String, search: String) throws -> String {
        let path = "\(control.path)/\(SecureShellServer.hostKeyName)"
        if !Files.exists(path) || !Files.exists("\(path).pub") {
            try Files.remove(path)
            try make(path, comment: name, search: search)
        }
        try control.giveAway(path)
        try control.giveAway("\(path).pub")
        let words = try Files.readText("\(path).pub", limit: 1 << 16).split(whereSeparator: \.isWhitespace)
        guard words.count >= 2 else {
            throw WorkbenchError(
                .broken, "\(path).pub is no public key", hint: "take the workbench down: bunsen down \(name)")
        }
        return "\(words[0]) \(words[1])"
    }

    /// Makes a pair of keys without a passphrase.
    static func make(_ path: String, comment: String, search: String) throws {
        guard let program = findExecutable("ssh-keygen", searchPath: search, from: "/") else {
            throw WorkbenchError(
                .unavailable, "ssh-keygen is not on this machine", hint: "install it: apt-get install openssh-client")
        }
        let result = try Tool(executable: program, environment: ["PATH": standardSearchPath]).run(
            ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], timeout: 30)
        guard result.succeeded else {
            let said = result.errorText.prefix(500).split(whereSeparator: \.isNewline).first ?? "it says nothing"
            throw WorkbenchError(.broken, "ssh-keygen made no key: \(said)")
        }
    }
}
