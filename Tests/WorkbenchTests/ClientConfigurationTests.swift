import Glibc
import HostSystem
import TestSupport
import Testing

@testable import Workbench

@Suite struct ClientConfigurationTests {
    private let door = WorkbenchRecord.SSH(
        address: DoorAddress(host: "127.0.0.1", port: 2345),
        hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJq0mYVbYf9NEk0bYI1nTyqVY6sbc0m3yyk0Qb2hQbqz")

    /// What the real program makes of it.
    private func settings(_ path: String, _ host: String) throws -> [String: String] {
        let result = try program("ssh").run(["-G", "-F", path, host])
        guard result.succeeded else { throw Unexpected(result) }
        var settings: [String: String] = [:]
        for line in result.outputText.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { settings[String(words[0])] = String(words[1]) }
        }
        return settings
    }

    @Test func sshUnderstandsWhatIsWritten() throws {
        try withTemporaryFolder { folder in
            let home = "\(folder)/a person"
            try Files.makeFolder(home)
            let client = ClientConfiguration(home: home, name: "digits-ssh")
            try client.write(door, user: "alice", key: "\(home)/.ssh/id_work")
            let settings = try settings(client.path, "digits-ssh")
            #expect(settings["hostname"] == "127.0.0.1")
            #expect(settings["port"] == "2345")
            #expect(settings["user"] == "alice")
            #expect(settings["stricthostkeychecking"] == "true")
            #expect(settings["hostkeyalias"] == "bunsen-digits-ssh")
            #expect(settings["userknownhostsfile"] == "\(home)/.ssh/bunsen/digits-ssh.known_hosts")
            #expect(settings["identityfile"] == "\(home)/.ssh/id_work")
            #expect(try self.settings(client.path, "elsewhere")["port"] == "22")
            var status = stat()
            #expect(stat(client.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            client.remove()
            #expect(!Files.exists("\(home)/.ssh/bunsen"))
        }
    }

    @Test func theIncludeComesFirstAndOnce() throws {
        try withTemporaryFolder { home in
            let client = ClientConfiguration(home: home, name: "one")
            #expect(!client.isIncluded)
            #expect(client.command == ["ssh", "-F", "\(home)/.ssh/bunsen/one.config", "one"])
            try Files.makeFolder("\(home)/.ssh", mode: 0o700)
            try Files.makeFolder("\(home)/dotfiles")
            try Files.write("Host work\n    Port 99\n", to: "\(home)/dotfiles/ssh", mode: 0o640)
            symlink("../dotfiles/ssh", "\(home)/.ssh/config")
            try client.include()
            try client.include()
            #expect(
                try Files.readText("\(home)/dotfiles/ssh")
                    == "Include bunsen/*.config\n\nHost work\n    Port 99\n")
            var status = stat()
            #expect(lstat("\(home)/.ssh/config", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
            #expect(stat("\(home)/.ssh/config", &status) == 0 && status.st_mode & 0o777 == 0o640)
            #expect(client.isIncluded)
            #expect(client.command == ["ssh", "one"])
            #expect(client.editorLink("/workspace") == "vscode://vscode-remote/ssh-remote+one/workspace")
        }
    }

    @Test func aPersonWithoutAnySettingsGetsAFileOfTheirOwn() throws {
        try withTemporaryFolder { home in
            let client = ClientConfiguration(home: home, name: "one")
            try client.include()
            #expect(try Files.readText("\(home)/.ssh/config") == "Include bunsen/*.config\n")
            var status = stat()
            #expect(stat("\(home)/.ssh/config", &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
    }

    @Test(arguments: [
        "# Include bunsen/*.config\n", "Include other/*\n", "Includes bunsen/*.config\n",
    ])
    func otherLinesAreNotTheInclude(text: String) throws {
        try withTemporaryFolder { home in
            try Files.makeFolder("\(home)/.ssh")
            try Files.write(text, to: "\(home)/.ssh/config")
            #expect(!ClientConfiguration(home: home, name: "one").isIncluded)
        }
    }
}
