import HostSystem
import TestSupport
import Testing

@testable import Workbench

@Suite struct ServerConfigurationTests {
    private func server(_ variables: [String: String] = [:]) -> SecureShellServer {
        SecureShellServer(
            address: DoorAddress(host: "127.0.0.1", port: 2345), user: "alice", variables: variables)
    }

    @Test func variablesAreOnTheOneLineThatCounts() throws {
        try withTemporaryFolder { folder in
            let control = ControlFolder(path: folder, place: folder, owner: nil)
            let odd = #"a "quoted" \back\ $HOME #not"#
            #expect(try server(["ODD": odd, "LINES": "a\nb", "PLAIN": "1"]).prepare(control) == ["LINES"])
            let lines = try Files.readText("\(folder)/sshd_config").split(separator: "\n")
            #expect(
                lines.filter { $0.hasPrefix("SetEnv") } == [
                    #"SetEnv "ODD=a \"quoted\" \\back\\ $HOME #not" "PLAIN=1""#
                ])
            #expect(lines.contains("ListenAddress 127.0.0.1:2345") && lines.contains("AllowUsers alice"))
        }
    }

    @Test func theHostKeyIsMadeOnce() throws {
        try withTemporaryFolder { folder in
            let control = ControlFolder(path: folder, place: folder, owner: nil)
            let search = processEnvironment()["PATH"] ?? ""
            let first = try HostKey.prepare(control, name: "one", search: search)
            #expect(first.hasPrefix("ssh-ed25519 AAAA"))
            #expect(try HostKey.prepare(control, name: "one", search: search) == first)
            try Files.remove("\(folder)/ssh_host_ed25519_key")
            let error = #expect(throws: WorkbenchError.self) {
                try HostKey.prepare(control, name: "one", search: "/nowhere")
            }
            #expect(error?.hint == "install it: apt-get install openssh-client")
        }
    }
}
