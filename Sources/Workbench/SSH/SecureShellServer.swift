import HostSystem

/// OpenSSH's server in the workbench: it runs as the ordinary user there, lets in that user alone, by public key alone.
package struct SecureShellServer: Sendable {
    package static let program = "/usr/sbin/sshd"
    package static let usualPort = 2222
    private static let configurationName = "sshd_config"
    static let keysName = "authorized_keys"
    static let hostKeyName = "ssh_host_ed25519_key"

    package var address: DoorAddress
    /// The account that may come in.
    package var user: String
    /// What sessions find in their variables; the server would give them nearly none.
    package var variables: [String: String]

    package init(address: DoorAddress, user: String, variables: [String: String]) {
        self.address = address
        self.user = user
        self.variables = variables
    }

    /// - Returns: names of variables that cannot be handed on, because they have more than one line.
    package func prepare(_ control: ControlFolder) throws -> [String] {
        try control.write(configuration(control.place), to: Self.configurationName)
        return variables.filter { !Self.fits($0.value) }.map(\.key).sorted()
    }

    /// Removes what a server that has ended was told. Its key stays.
    package static func forget(_ control: ControlFolder) { control.remove(configurationName) }

    /// -e: what it has to say goes to the workbench's log.
    package func command(_ control: ControlFolder) -> [String] {
        [Self.program, "-D", "-e", "-f", "\(control.place)/\(Self.configurationName)"]
    }

    /// sshd_config(5).
    func configuration(_ place: String) -> String {
        var lines = [
            "ListenAddress \(address.host):\(address.port)",
            "HostKey \(place)/\(Self.hostKeyName)",
            "AuthorizedKeysFile \(place)/\(Self.keysName)",
            "PidFile none",
            "AllowUsers \(user)",
            "PermitRootLogin no",
            "AuthenticationMethods publickey",
            "PubkeyAuthentication yes",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitEmptyPasswords no",
            "UsePAM no",
            "MaxAuthTries 20",
            // What an editor at the other end needs: ports, sockets, the agent.
            "AllowTcpForwarding yes",
            "AllowStreamLocalForwarding yes",
            "AllowAgentForwarding yes",
            "GatewayPorts no",
            "PermitTunnel no",
            "X11Forwarding no",
            "PrintMotd no",
            "PrintLastLog no",
            "ClientAliveInterval 30",
            "Subsystem sftp internal-sftp",
        ]
        let given = variables.filter { Self.fits($0.value) }.sorted { $0.key < $1.key }
        // Only the first such line counts, so all of them are on one.
        if !given.isEmpty {
            lines.append("SetEnv " + given.map { Self.quoted("\($0.key)=\($0.value)") }.joined(separator: " "))
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func fits(_ value: String) -> Bool { !value.utf8.contains { $0 == 10 || $0 == 13 || $0 == 0 } }

    private static func quoted(_ word: String) -> String {
        var text = "\""
        for character in word {
            if character == "\"" || character == "\\" { text += "\\" }
            text.append(character)
        }
        return text + "\""
    }
}

extension SecureShellServer {
    /// Who may come in from now on; the server reads the file for every connection.
    package static func write(keys: [String], _ control: ControlFolder) throws {
        try control.write(keys.map { $0 + "\n" }.joined(), to: keysName)
    }

    /// Whether an ssh server answers there.
    package var answers: Bool { address.own.greeting()?.starts(with: Array("SSH-2.0-".utf8)) ?? false }
}
