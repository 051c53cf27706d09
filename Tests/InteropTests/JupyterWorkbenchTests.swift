import Glibc
import HostSystem
import TestSupport
import Testing

/// `bunsen up jupyter`, used as a browser uses it.
@Suite(.serialized) struct JupyterWorkbenchTests {
    /// Starts a kernel and speaks with it through the server's websocket, as JupyterLab does.
    private static let kernel = """
        import json, sys, urllib.request, uuid, websocket
        port, token, code = sys.argv[1:4]
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/kernels", method="POST", data=b"{}",
                                         headers={"Authorization": f"token {token}"})
        kernel = json.load(urllib.request.urlopen(request, timeout=60))["id"]
        socket = websocket.create_connection(
            f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels?token={token}", timeout=60)
        number = uuid.uuid4().hex
        socket.send(json.dumps({
            "header": {"msg_id": number, "username": "", "session": uuid.uuid4().hex, "msg_type": "execute_request",
                       "version": "5.3", "date": ""},
            "parent_header": {}, "metadata": {}, "channel": "shell", "buffers": [],
            "content": {"code": code, "silent": False, "store_history": False, "user_expressions": {},
                        "allow_stdin": False, "stop_on_error": True}}))
        while True:
            message = json.loads(socket.recv())
            if message["parent_header"].get("msg_id") != number:
                continue
            if message["msg_type"] == "stream":
                print(message["content"]["text"], end="")
            elif message["msg_type"] == "error":
                sys.exit(message["content"]["evalue"])
            elif message["msg_type"] == "execute_reply":
                break
        """

    /// Debian's own, which has the package for websockets.
    private static let python = Tool(executable: "/usr/bin/python3", environment: processEnvironment())

    private func status(_ address: String, _ words: String...) throws -> String {
        try program("curl").run(["-s", "-o", "/dev/null", "-w", "%{http_code}"] + words + [address], timeout: 30)
            .outputText
    }

    @Test func theTokenOpensAndTheKernelTrains() throws {
        try WorkbenchImage.with { person in
            let sheet = try person.sheet("jupyter", "--engine", "runc", "--memory", "2g")
            let link = try #require(sheet["link"].string)
            let token = try #require(sheet["token"].string)
            #expect(token.utf8.count == 32 && link.hasSuffix("/lab?token=\(token)"))
            let port = try #require(link.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
            let status = "http://127.0.0.1:\(port)/api/status"
            #expect(try self.status(link) == "200")
            #expect(try self.status(status, "-H", "Authorization: token \(token)") == "200")
            #expect(try self.status(status, "-H", "Authorization: token \(token.reversed())") == "403")
            #expect(try self.status(status, "-H", "Authorization: token ") == "403")
            #expect(try self.status(status) == "403")
            // No other user of the machine can read it in a list of processes.
            #expect(try !program("ps").run(["-eo", "args"]).outputText.contains(token))

            let code =
                "import os, torch; print(torch.ones(3).sum().item(), os.getuid());"
                + " open('note.ipynb', 'w').write('{}')"
            let said = try Self.python.run(["-c", Self.kernel, String(port), token, code], timeout: 120)
            #expect(said.outputText == "3.0 1000\n", "\(said.errorText)")
            // What is saved there is on this machine, and the person's.
            var file = stat()
            #expect(stat("\(person.project.folder)/note.ipynb", &file) == 0 && file.st_uid == WorkbenchPerson.userID)

            // The kernel's memory is the workbench's.
            let limit = try person.project.bunsen(
                "exec", "digits-jupyter", "--", "sh", "-c",
                "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null")
            #expect(limit.outputText.contains("\(2 << 30)"), "\(limit.outputText)")
        }
    }

    @Test func everyDoorHasTheSameEnvironment() throws {
        try WorkbenchImage.with { person in
            let opened = try person.up("jupyter", "ssh", "--engine", "runc", "-e", "MINE=yes")
            #expect(
                opened.errorText.contains("behind every door: exec, ssh, login shell, Jupyter kernel"),
                "\(opened.errorText)")
            // A login shell that leads elsewhere is named.
            try person.project.bunsen("stop", "digits")
            let profile = "\(person.folder)/home/workbenches.0/digits/home/.bash_profile"
            try Files.write(". /etc/profile\nexport MINE=no PATH=/elsewhere:$PATH\n", to: profile)
            let odd = try person.up("jupyter", "ssh", "--engine", "runc", "-e", "MINE=yes")
            #expect(
                odd.errorText.contains("warning: login shell: $MINE is no there, and yes by exec"), "\(odd.errorText)")
            #expect(odd.errorText.contains("warning: login shell: $PATH is /elsewhere:"))
            #expect(odd.errorText.contains("as they have to be: exec, ssh, Jupyter kernel\n"))
        }
    }

    @Test func onlyLoopbackReachesIt() throws {
        try WorkbenchImage.with { person in
            // A second machine, as far as the network is concerned.
            let space = "bunsen-\(getpid())"
            let host = "10.199.\(getpid() % 250).1"
            let guest = "10.199.\(getpid() % 250).2"
            let made = try person.project.shell(
                """
                set -e
                ip netns add \(space)
                ip link add bw\(getpid()) type veth peer name guest netns \(space)
                ip addr add \(host)/24 dev bw\(getpid()) && ip link set bw\(getpid()) up
                ip -n \(space) addr add \(guest)/24 dev guest && ip -n \(space) link set guest up
                """)
            defer { _ = try? person.project.shell("ip netns del \(space)") }
            try #require(made.succeeded, "\(made.errorText)")
            func outside(_ port: Substring) throws -> Tool.Result {
                try program("ip").run(
                    [
                        "netns", "exec", space, "curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}",
                        "http://\(host):\(port)/login",
                    ], timeout: 30)
            }
            let sheet = try person.sheet("jupyter", "--engine", "runc")
            let port = try #require(sheet["link"].string?.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
            #expect(try outside(port).end == .exited(code: 7))
            try person.project.bunsen("stop", "digits-jupyter")

            let refused = try person.project.bunsen("up", "jupyter", "--engine", "runc", "--public")
            #expect(refused.end == .exited(code: 64))
            #expect(refused.errorText.contains("--public opens JupyterLab"), "\(refused.errorText)")
            let open = try person.up("jupyter", "--engine", "runc", "--public", "--without-tls")
            #expect(open.errorText.contains("everybody who can reach this machine reaches JupyterLab at port"))
            #expect(try outside(port).outputText == "200")
        }
    }

    @Test func withACertificateItSpeaksTLS() throws {
        try WorkbenchImage.with { person in
            let made = try person.project.shell(
                "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost"
                    + " -keyout ../key.pem -out ../certificate.pem -days 2")
            try #require(made.succeeded)
            let sheet = try person.sheet(
                "jupyter", "--engine", "runc", "--public", "--certificate", "../certificate.pem", "--certificate-key",
                "../key.pem")
            let link = try #require(sheet["link"].string)
            #expect(link.hasPrefix("https://"))
            let port = try #require(link.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
            #expect(
                try status(
                    "https://localhost:\(port)/api/status?token=\(sheet["token"].string ?? "")", "--cacert",
                    "\(person.folder)/certificate.pem") == "200")
        }
    }

    @Test func whatIsInTheWayIsSaid() throws {
        try WorkbenchImage.with { person in
            let (listener, port) = try Loopback.listen()
            defer { withExtendedLifetime(listener) {} }
            let taken = try person.project.bunsen("up", "jupyter", "--engine", "runc", "--port", "\(port)")
            #expect(taken.end == .exited(code: 69))
            #expect(taken.errorText.contains("port \(port) is taken by another program"), "\(taken.errorText)")
            #expect(try Files.names(in: "\(person.folder)/home/workbenches.0") == ["ports.lock"])

            // An image without Python, and so without JupyterLab.
            let tiny = try TinyLayout(person.folder)
            let pulled = try person.project.bunsen("image", "copy", "oci:\(tiny.layout):v1", "store:localhost/tiny:1")
            try #require(pulled.succeeded, "\(pulled.errorText)")
            let none = try person.project.bunsen("up", "jupyter", "--engine", "runc", "--image", "localhost/tiny:1")
            #expect(none.end == .exited(code: 65))
            #expect(none.errorText.contains("has no JupyterLab: there is no command jupyter-lab"), "\(none.errorText)")

            let recipe = try person.project.read("bunsen.yaml")
            try person.project.write(recipe.replacing("tools: [jupyter, ssh]\n", with: ""), to: "bunsen.yaml")
            let untold = try person.project.bunsen("up", "jupyter", "--engine", "runc")
            #expect(untold.end == .exited(code: 65))
            #expect(untold.errorText.contains("add it to tools in bunsen.yaml"), "\(untold.errorText)")
            for words in [
                [], ["tensorboard"], ["ssh", "ssh"], ["jupyter", "--idle", "soon"], ["jupyter", "--name", "A B"],
            ] {
                let result = try person.project.bunsen(arguments: ["up"] + words)
                #expect(result.end == .exited(code: 64), "\(words): \(result.errorText)")
            }
        }
    }

    /// Without any container: the locked environment of this machine.
    @Test func aPlainProcessWillDo() throws {
        try WorkbenchImage.with { person in
            symlink("\(Project.home)/environments", "\(person.folder)/home/environments")
            let opened = try person.up("jupyter")
            #expect(opened.errorText.contains("behind every door: exec, Jupyter kernel"), "\(opened.errorText)")
            let script = "import torch, os; print(torch.__version__, os.getcwd())"
            let inside = try person.project.bunsen("exec", "digits-jupyter", "--", "python", "-c", script)
            #expect(inside.outputText.hasPrefix("2.13") && inside.outputText.hasSuffix("\(person.project.folder)\n"))
            let refused = try person.project.bunsen("up", "ssh", "--engine", "process")
            #expect(refused.end == .exited(code: 65) && refused.errorText.contains("has no door of its own"))
            #expect(try person.project.bunsen("stop", "digits-jupyter").succeeded)
            #expect(try person.project.bunsen("ps").outputText.contains("ended: stopped"))
        }
    }

    @Test func nobodyThereForLongEndsIt() throws {
        try WorkbenchImage.with { person in
            try person.up("jupyter", "--engine", "runc", "--idle", "3s")
            #expect(
                eventually(30) {
                    (try? person.project.bunsen("ps").outputText.contains("ended: nobody used it for")) ?? false
                })
            #expect(try Files.names(in: "\(person.folder)/home/containers.0").isEmpty)
        }
    }

    @Test func aKilledBunsenLeavesNothingThatRuns() throws {
        try WorkbenchImage.with { person in
            try person.up("jupyter", "--engine", "runc")
            let folder = "\(person.folder)/home/workbenches.0/digits-jupyter"
            let keeper = try JSONValue(parsing: Files.read("\(folder)/keeper.json"))
            kill(pid_t(keeper["id"].number ?? 0), SIGKILL)
            #expect(
                eventually {
                    (try? person.project.bunsen("ps").outputText.contains("ended: its bunsen was killed")) ?? false
                })
            let mounts = try Files.readText("/proc/self/mountinfo")
            #expect(!mounts.contains(person.folder))
            // It opens again, with its home folder.
            try person.up("jupyter", "--engine", "runc")
            // The container's own end is told too.
            let script = "for p in /proc/[0-9]*; do grep -qs '[j]upyter-lab' $p/cmdline && kill -9 ${p#/proc/}; done"
            try person.project.bunsen("exec", "digits-jupyter", "--", "sh", "-c", script)
            #expect(
                eventually { (try? person.project.bunsen("ps").outputText.contains("ended: its servers")) ?? false })
        }
    }
}
