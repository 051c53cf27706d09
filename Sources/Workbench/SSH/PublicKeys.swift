import FoundationEssentials
import HostSystem

/// The public keys of the person: whoever can log in to this machine as them may enter their workbench.
package struct PublicKeys: Sendable {
    /// Lines for authorized_keys (sshd(8)), each key once.
    package private(set) var lines: [String] = []
    /// Where they were found, for people.
    package private(set) var sources: [String] = []
    private var seen: Set<String> = []

    /// - Parameters:
    ///   - files: files that were named; where there are some, nothing else is looked at.
    ///   - home: the person's home folder.
    ///   - environment: says where an agent is, and where programs are.
    package init(files: [String], home: String, environment: [String: String]) throws {
        for file in files { try addNamed(file) }
        guard files.isEmpty else { return }
        let folder = "\(home)/.ssh"
        for name in (try? Files.names(in: folder)) ?? [] where name.hasPrefix("id_") && name.hasSuffix(".pub") {
            addAll(of: (try? Files.readText("\(folder)/\(name)", limit: 1 << 16)) ?? "", from: "~/.ssh/\(name)")
        }
        addAll(of: Self.agentKeys(environment), from: "the ssh agent")
        addAll(
            of: (try? Files.readText("\(folder)/authorized_keys", limit: 1 << 20)) ?? "", from: "~/.ssh/authorized_keys"
        )
        guard !lines.isEmpty else {
            throw WorkbenchError(
                .missing, "there is no public key to let in: none in \(folder), and none in an ssh agent",
                hint: "make one: ssh-keygen -t ed25519, or name one: --key FILE.pub")
        }
    }

    private mutating func addNamed(_ file: String) throws {
        let text = try Files.readText(file, limit: 1 << 20)
        guard !text.contains("PRIVATE KEY-----") else {
            throw WorkbenchError(.refused, "\(file) is a private key", hint: "name the public one: --key \(file).pub")
        }
        let before = lines.count
        addAll(of: text, from: file)
        guard lines.count > before else {
            throw WorkbenchError(
                .notUnderstood, "\(file) has no public key of OpenSSH's form",
                hint: "it is one line that begins with ssh-ed25519, ssh-rsa or ecdsa-sha2-…")
        }
    }

    /// Lines with options are left out: what they restrict there could be lost here.
    private mutating func addAll(of text: String, from source: String) {
        var added = false
        for line in text.split(whereSeparator: \.isNewline) {
            guard let key = Self.key(line), seen.insert(key.identity).inserted else { continue }
            lines.append(key.line)
            added = true
        }
        if added { sources.append(source) }
    }

    /// - Returns: the line without what may follow the comment, and what tells the key from others.
    static func key(_ line: Substring) -> (line: String, identity: String)? {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count >= 2, types.contains(String(words[0])), words[1].utf8.count <= 16384,
            let blob = Data(base64Encoded: String(words[1])), blob.count > 16
        else { return nil }
        // The key repeats its type, behind its length.
        let type = Array(words[0].utf8)
        guard Array(blob.prefix(4)) == [0, 0, 0, UInt8(truncatingIfNeeded: type.count)],
            Array(blob.dropFirst(4).prefix(type.count)) == type
        else { return nil }
        let comment = words.dropFirst(2).joined(separator: " ").filter { $0.isASCII && !$0.isNewline }
        let key = "\(words[0]) \(words[1])"
        return (comment.isEmpty ? key : "\(key) \(comment)", key)
    }

    private static let types: Set<String> = [
        "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ]

    private static func agentKeys(_ environment: [String: String]) -> String {
        guard environment["SSH_AUTH_SOCK"]?.isEmpty == false,
            let program = findExecutable("ssh-add", searchPath: environment["PATH"] ?? standardSearchPath, from: "/"),
            let result = try? Tool(executable: program, environment: environment).run(["-L"], timeout: 10),
            result.succeeded
        else { return "" }
        return result.outputText
    }
}
