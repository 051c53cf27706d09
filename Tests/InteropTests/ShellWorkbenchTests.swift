import Glibc
import HostSystem
import TestSupport
import Testing

/// `bunsen up ssh`, entered by the real ssh.
@Suite(.serialized) struct ShellWorkbenchTests {
    @Test func theKeyOpensAndTheEnvironmentIsTheSame() throws {
        try WorkbenchImage.with { person in
            let opened = try person.up("ssh", "--engine", "runc", "--memory", "2g", "-e", "MINE=one two")
            #expect(opened.outputText.contains("vscode://vscode-remote/ssh-remote+digits-ssh/workspace\n"))
            #expect(
                opened.errorText.contains("same variables, limits and GPUs behind every door: exec, ssh, login shell"),
                "\(opened.errorText)")
            #expect(!opened.errorText.contains("warning"), "\(opened.errorText)")
            let said = try person.ssh(
                "digits-ssh", "id -u; echo $MINE; python -c 'import torch; print(torch.__version__)'")
            #expect(said.outputText.hasPrefix("1000\none two\n2.13"), "\(said.outputText)\(said.errorText)")
            // What is made there belongs to the person who owns the project, and is there on this machine.
            #expect(try person.ssh("digits-ssh", "echo made > /workspace/made.txt").succeeded)
            var status = stat()
            #expect(stat("\(person.project.folder)/made.txt", &status) == 0 && status.st_uid == WorkbenchPerson.userID)
            // Opening it once more shows it.
            let again = try person.up("ssh")
            #expect(again.errorText.contains("digits-ssh is open since"))
            #expect(again.outputText == opened.outputText)
        }
    }

    @Test func nobodyElseComesIn() throws {
        try WorkbenchImage.with { person in
            try person.up("ssh", "--engine", "runc")
            func refused(_ result: Tool.Result) -> Bool {
                result.end == .exited(code: 255) && result.errorText.contains("Permission denied (publickey)")
            }
            let forced = ["-o", "PubkeyAuthentication=no", "-o", "BatchMode=no", "-o", "NumberOfPasswordPrompts=1"]
            let kinds = ["password", "keyboard-interactive"]
            for kind in kinds {
                let result = try person.ssh(
                    "digits-ssh", "true", options: forced + ["-o", "PreferredAuthentications=\(kind)"])
                #expect(refused(result), "\(kind): \(result.errorText)")
            }
            #expect(refused(try person.ssh("digits-ssh", "true", options: ["-l", "root"])))
            try person.makeKey("\(person.folder)/stranger")
            #expect(refused(try person.ssh("digits-ssh", "true", key: "\(person.folder)/stranger")))
            #expect(refused(try person.ssh("digits-ssh", "true", key: "/dev/null")))
            // The key that looked at the doors after the start is gone.
            let keys = try Files.readText("\(person.folder)/home/workbenches.0/digits-ssh/control/authorized_keys")
            #expect(keys.split(separator: "\n").count == 1 && !keys.contains("bunsen-probe"))
        }
    }

    /// What the real server makes of its file.
    @Test func onlyKeysAndOnlyOneUserAndNotRoot() throws {
        try WorkbenchImage.with { person in
            let odd = #"a "quoted" \back\ $HOME 'single' ü #not"#
            try person.up("ssh", "--engine", "runc", "-e", "ODD=\(odd)")
            let said = try person.project.bunsen(
                "exec", "digits-ssh", "--", "/usr/sbin/sshd", "-T", "-f", "/run/bunsen/sshd_config", "-C",
                "user=x,host=localhost,addr=127.0.0.1")
            let settings = Set(said.outputText.split(separator: "\n").map(String.init))
            let expected = [
                "permitrootlogin no", "passwordauthentication no", "kbdinteractiveauthentication no",
                "permitemptypasswords no", "pubkeyauthentication yes", "authenticationmethods publickey", "usepam no",
                "permittunnel no", "gatewayports no", "allowtcpforwarding yes", "allowstreamlocalforwarding yes",
                "x11forwarding no",
            ]
            for line in expected { #expect(settings.contains(line), "\(line)") }
            #expect(try person.ssh("digits-ssh", "printf %s \"$ODD\"").outputText == odd)
        }
    }

    @Test func portsFilesAndFoldersGoThrough() throws {
        try WorkbenchImage.with { person in
            try person.up("ssh", "--engine", "runc")
            try person.project.write("sent", to: "../sent.txt")
            let sftp = try person.sshTool("sftp").run(
                person.sshOptions("digits-ssh") + ["-b", "-", "digits-ssh"],
                input: Array("put \(person.folder)/sent.txt /workspace/by-sftp.txt\n".utf8), timeout: 60)
            #expect(sftp.succeeded, "\(sftp.errorText)")
            #expect(try person.project.read("by-sftp.txt") == "sent")
            let shell = ShellQuoting.line(["ssh"] + person.sshOptions("digits-ssh"))
            let rsync = try person.sshTool("rsync").run(
                ["-a", "-e", shell, "\(person.folder)/sent.txt", "digits-ssh:/workspace/by-rsync.txt"], timeout: 60)
            #expect(rsync.succeeded, "\(rsync.errorText)")
            #expect(try person.project.read("by-rsync.txt") == "sent")

            // A server of the workbench through a port of this machine.
            let port = try Loopback.listen().port
            let script =
                "python -c 'import http.server as h; s = h.HTTPServer((\"127.0.0.1\", 0), h.SimpleHTTPRequestHandler);"
                + " print(s.server_port, flush=True); s.serve_forever()'"
            let server = try person.sshTool().start(
                person.sshOptions("digits-ssh") + ["digits-ssh", "cd /workspace && exec \(script)"])
            defer { kill(server.child.id, SIGTERM); _ = server.child.wait() }
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = read(server.output.number, &bytes, 16)
            let inner = try #require(
                Int(String(decoding: bytes[..<max(0, count)], as: UTF8.self).filter { !$0.isNewline }))
            let tunnel = try person.sshTool().start(
                person.sshOptions("digits-ssh") + ["-N", "-L", "\(port):127.0.0.1:\(inner)", "digits-ssh"])
            defer { kill(tunnel.child.id, SIGTERM); _ = tunnel.child.wait() }
            #expect(
                eventually {
                    (try? program("curl").run(["-s", "http://127.0.0.1:\(port)/by-sftp.txt"]).outputText) == "sent"
                })
        }
    }

    @Test func theIncludeMakesTheNameWorkForAnySSH() throws {
        try WorkbenchImage.with { person in
            try person.project.write("Host other\n    Port 9\n", to: "../person/.ssh/config")
            let opened = try person.up("ssh", "--engine", "runc", "--ssh-config")
            #expect(opened.outputText.contains("shell       ssh digits-ssh\n"))
            // ssh looks into the home folder of the account, whatever HOME says.
            let home = "\(getpwuid(geteuid()).flatMap { $0.pointee.pw_dir }.map { String(cString: $0) } ?? "/root")"
            let script = "mount --bind \"$1\" \"$2\" && exec ssh -o BatchMode=yes digits-ssh 'echo inside'"
            let result = try Tool(executable: "/usr/bin/unshare", environment: person.project.environment).run(
                ["-m", "sh", "-c", script, "sh", person.home, home], timeout: 60)
            #expect(result.outputText == "inside\n", "\(result.errorText)")
            try person.project.bunsen("down", "digits-ssh")
            #expect(!Files.exists("\(person.home)/.ssh/bunsen"))
        }
    }

    @Test func aStoppedOneOpensAgainAsTheSame() throws {
        try WorkbenchImage.with { person in
            try person.up("ssh", "--engine", "runc")
            let known = try Files.readText("\(person.home)/.ssh/bunsen/digits-ssh.known_hosts")
            let settings = try Files.readText("\(person.home)/.ssh/bunsen/digits-ssh.config")
            #expect(try person.ssh("digits-ssh", "echo kept > ~/kept.txt").succeeded)
            let stopped = try person.project.bunsen("stop", "digits-ssh")
            #expect(stopped.succeeded && stopped.errorText == "digits-ssh: stopped\n", "\(stopped.errorText)")
            #expect(try person.ssh("digits-ssh", "true").end == .exited(code: 255))
            let listed = try person.project.bunsen("ps")
            #expect(listed.outputText.contains("ended: stopped"))
            let refused = try person.project.bunsen("exec", "digits-ssh", "--", "true")
            #expect(refused.end == .exited(code: 75) && refused.errorText.contains("is not open (ended: stopped)"))

            try person.up("ssh", "--engine", "runc")
            #expect(try Files.readText("\(person.home)/.ssh/bunsen/digits-ssh.known_hosts") == known)
            #expect(try Files.readText("\(person.home)/.ssh/bunsen/digits-ssh.config") == settings)
            #expect(try person.ssh("digits-ssh", "cat ~/kept.txt").outputText == "kept\n")

            let gone = try person.project.bunsen("down", "digits-ssh")
            #expect(gone.succeeded && gone.errorText.contains("digits-ssh is gone"))
            let left = try Files.names(in: "\(person.folder)/home/workbenches.0").filter { $0 != "ports.lock" }
            #expect(left.isEmpty, "\(left)")
            #expect(try Files.names(in: "\(person.folder)/home/containers.0").isEmpty)
        }
    }

    @Test func commandsRunInItAndBesideARun() throws {
        try WorkbenchImage.with { person in
            try person.up("ssh", "--engine", "runc", "--pids", "100")
            let result = try person.project.bunsen(
                "exec", "digits-ssh", "-e", "EXTRA=1", "--", "sh", "-c", "echo $EXTRA; pwd; id -un; exit 7")
            let name = getpwuid(WorkbenchPerson.userID).map { String(cString: $0.pointee.pw_name) } ?? "bunsen"
            #expect(result.end == .exited(code: 7))
            #expect(result.outputText == "1\n/workspace\n\(name)\n", "\(result.errorText)")
            let missing = try person.project.bunsen("exec", "digits-ssh", "--", "no-such-program")
            #expect(missing.end == .exited(code: 127), "\(missing.errorText)")
            let nobody = try person.project.bunsen("exec", "nobody", "--", "true")
            #expect(nobody.end == .exited(code: 66) && nobody.errorText.contains("no workbench and no run nobody"))
            // The log has what the server says.
            #expect(
                try person.project.bunsen("logs", "digits-ssh").outputText.contains("Server listening on 127.0.0.1"))
        }
    }

    @Test func tenAtOnce() throws {
        try WorkbenchImage.with { person in
            let names = (0..<10).map { "bench-\($0)" }
            let project = person.project
            let started = try Parallel.map(names, width: names.count) {
                try project.bunsen(
                    arguments: ["up", "ssh", "--engine", "runc", "--name", $0, "--memory", "256m"])
            }
            for result in started { #expect(result.succeeded, "\(result.errorText)") }
            for name in names { #expect(try person.ssh(name, "echo $HOSTNAME").succeeded, "\(name)") }
            let listed = try person.project.json("ps")
            let open = listed.array.filter { $0["status"].string == "open" }.compactMap { $0["name"].string }
            #expect(open.sorted() == names)
            let ports = try names.map {
                try Files.readText("\(person.home)/.ssh/bunsen/\($0).config").firstMatch(of: /Port (\d+)/)?.1
            }
            #expect(Set(ports).count == 10)
        }
    }

    @Test func aFullDiskLeavesNothingHalfMade() throws {
        try WorkbenchImage.with { person in
            let folder = "\(person.folder)/home/workbenches.0"
            try Files.makeFolder(folder)
            let mounted = try person.project.shell("mount -t tmpfs -o size=4k,mode=700 none \(folder)")
            try #require(mounted.succeeded, "\(mounted.errorText)")
            defer { _ = try? person.project.shell("umount -l \(folder)") }
            let result = try person.project.bunsen("up", "ssh", "--engine", "runc")
            #expect(!result.end.succeeded)
            #expect(result.errorText.lowercased().contains("no space left on device"), "\(result.errorText)")
            #expect(try Files.names(in: folder).allSatisfy { $0 == "ports.lock" })
            #expect(!Files.exists("\(person.home)/.ssh/bunsen"))
            #expect(try person.project.json("ps").array.isEmpty)
        }
    }

    /// Whoever works in it hears nothing of an upgrade of Docker.
    @Test func aRestartedDaemonKeepsItOpen() throws {
        try WorkbenchImage.with { person in
            try RestartableDocker.with(keepsContainers: true) { docker in
                var person = person
                person.project.environment.merge(docker.variables) { $1 }
                try person.up("ssh", "--engine", "docker")
                defer { _ = try? person.project.bunsen("down", "digits-ssh") }
                docker.crash()
                #expect(try person.ssh("digits-ssh", "echo on").outputText == "on\n")
                let without = try person.project.bunsen("ps")
                #expect(without.succeeded && without.outputText.contains("digits-ssh"), "\(without.errorText)")
                try docker.start()
                #expect(
                    eventually {
                        (try? person.project.json("ps").array.first?["status"].string) == "open"
                    })
                #expect(try person.project.bunsen("exec", "digits-ssh", "--", "true").succeeded)
                #expect(try person.project.bunsen("down", "digits-ssh").succeeded)
                #expect(try person.ssh("digits-ssh", "true").end == .exited(code: 255))
            }
        }
    }

    @Test(arguments: ["docker", "podman"]) func daemonsOpenItToo(engine: String) throws {
        try WorkbenchImage.with { person in
            var person = person
            let body = {
                let opened = try person.up("ssh", "--engine", engine, "--memory", "1g")
                #expect(opened.errorText.contains("behind every door: exec, ssh, login shell"), "\(opened.errorText)")
                #expect(try person.ssh("digits-ssh", "id -u").outputText == "1000\n")
                // The daemon goes on without us, and the workbench with it.
                let keeper = try JSONValue(
                    parsing: Files.read("\(person.folder)/home/workbenches.0/digits-ssh/keeper.json"))
                kill(pid_t(keeper["id"].number ?? 0), SIGKILL)
                #expect(
                    eventually { (try? person.project.bunsen("ps").outputText.contains("open, unattended")) ?? false })
                #expect(try person.ssh("digits-ssh", "echo on").outputText == "on\n")
                #expect(try person.project.bunsen("down", "digits-ssh").succeeded)
                #expect(try person.ssh("digits-ssh", "true").end == .exited(code: 255))
            }
            if engine == "docker" {
                try DockerDaemon.with { daemon in
                    person.project.environment.merge(daemon.variables) { $1 }
                    try body()
                }
            } else {
                try person.project.write(
                    "[storage]\ndriver = \"overlay\"\ngraphroot = \"\(person.folder)/s\"\nrunroot = \"\(person.folder)/r\"\n",
                    to: "../storage.conf")
                person.project.environment["CONTAINERS_STORAGE_CONF"] = "\(person.folder)/storage.conf"
                person.project.environment["XDG_RUNTIME_DIR"] = person.folder
                defer { _ = try? program("umount").run(["\(person.folder)/s/overlay"]) }
                try body()
            }
        }
    }
}
