import HostSystem
import TestSupport
import Testing

@testable import Workbench

@Suite struct PublicKeyTests {
    /// Real keys, made by the real program.
    private func make(_ path: String, type: String = "ed25519", comment: String = "a person") throws -> String {
        if let parent = Files.parent(of: path) { try Files.makeFolder(parent, mode: 0o700) }
        let result = try program("ssh-keygen").run(["-q", "-t", type, "-N", "", "-C", comment, "-f", path])
        guard result.succeeded else { throw Unexpected(result) }
        return try Files.readText("\(path).pub").filter { !$0.isNewline }
    }

    private func keys(_ files: [String] = [], home: String, agent: String? = nil) throws -> PublicKeys {
        var environment = ["PATH": processEnvironment()["PATH"] ?? ""]
        environment["SSH_AUTH_SOCK"] = agent
        return try PublicKeys(files: files, home: home, environment: environment)
    }

    @Test func theKeysOfThePersonAreFoundEachOnce() throws {
        try withTemporaryFolder { home in
            let first = try make("\(home)/.ssh/id_ed25519")
            let second = try make("\(home)/.ssh/id_rsa", type: "rsa")
            let third = try make("\(home)/elsewhere/laptop")
            // The one of a laptop from which the person comes to this machine, and one that only may do one thing.
            let restricted = try make("\(home)/elsewhere/backup")
            try Files.write(
                "# comment\n\n\(third)\n\(first) again\ncommand=\"backup\" \(restricted)\n",
                to: "\(home)/.ssh/authorized_keys")
            let keys = try keys(home: home)
            #expect(Set(keys.lines) == [first, second, third])
            #expect(keys.sources == ["~/.ssh/id_ed25519.pub", "~/.ssh/id_rsa.pub", "~/.ssh/authorized_keys"])
        }
    }

    @Test func theKeysOfAnAgentAreFound() throws {
        try withTemporaryFolder { home in
            let key = try make("\(home)/key")
            let socket = "\(home)/agent"
            let started = try program("ssh-agent").run(["-s", "-a", socket])
            let pid = try #require(started.outputText.firstMatch(of: /SSH_AGENT_PID=(\d+)/)?.1)
            defer { _ = try? program("kill").run([String(pid)]) }
            var tool = try program("ssh-add")
            tool.environment["SSH_AUTH_SOCK"] = socket
            #expect(try tool.run(["-q", "\(home)/key"]).succeeded)
            #expect(try keys(home: home, agent: socket).lines == [key])
        }
    }

    @Test func aNamedFileIsTheOnlySource() throws {
        try withTemporaryFolder { home in
            _ = try make("\(home)/.ssh/id_ed25519")
            let named = try make("\(home)/work")
            #expect(try keys(["\(home)/work.pub"], home: home).lines == [named])
        }
    }

    @Test func whatIsNoPublicKeyIsRefusedByName() throws {
        try withTemporaryFolder { home in
            _ = try make("\(home)/work")
            let error = #expect(throws: WorkbenchError.self) { try keys(["\(home)/work"], home: home) }
            #expect(error?.message == "\(home)/work is a private key")
            #expect(error?.hint == "name the public one: --key \(home)/work.pub")
            for text in ["", "hello\n", "ssh-ed25519 AAAA\n", "ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQABAAABgQC7Zm9vYmFy\n"]
            {
                try Files.write(text, to: "\(home)/odd.pub")
                #expect(throws: WorkbenchError.self, "\(text)") { try keys(["\(home)/odd.pub"], home: home) }
            }
            #expect(throws: SystemError.self) { try keys(["\(home)/nowhere.pub"], home: home) }
        }
    }

    @Test func nobodyCanBeLetInWithoutAKey() throws {
        try withTemporaryFolder { home in
            let error = #expect(throws: WorkbenchError.self) { try keys(home: home) }
            #expect(error?.message.contains("there is no public key to let in") == true)
            #expect(error?.hint?.contains("ssh-keygen -t ed25519") == true)
        }
    }

    @Test func linesOfAnyKindDoNoHarm() {
        var random = SeededGenerator(11)
        let words = [
            "ssh-ed25519", "ssh-rsa", "AAAAC3NzaC1lZDI1NTE5AAAAI", " ", "=", "\t", "\u{0}", "ü", "@cert-authority",
        ]
        for _ in 0..<5000 {
            let line = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                words[Int.random(in: 0..<words.count, using: &random)]
            }.joined(separator: Bool.random(using: &random) ? " " : "")
            if let key = PublicKeys.key(line[...]) { #expect(line.contains(key.identity.split(separator: " ")[1])) }
        }
    }
}
