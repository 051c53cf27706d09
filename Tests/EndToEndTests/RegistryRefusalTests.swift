import Glibc
import HostSystem
import TestSupport
import Testing

/// What a person sees when a registry refuses, fails or lies: the message, the hint, the exit code.
@Suite struct RegistryRefusalTests {
    /// A project with its own store, home and settings.
    private func withProject(_ body: (Project, SampleLayout, String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            var project = Project(folder: folder, home: "\(folder)/home")
            for name in ["REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"] {
                project.environment[name] = nil
            }
            project.environment["HOME"] = folder
            let layout = try SampleLayout("\(folder)/layout", layers: [300_000, 2000])
            try body(project, layout, folder)
        }
    }

    private func check(
        _ result: Tool.Result, _ code: Int32, _ words: String..., location: SourceLocation = #_sourceLocation
    ) {
        #expect(result.end == .exited(code: code), "\(result.errorText)", sourceLocation: location)
        for word in words { #expect(result.errorText.contains(word), "\(result.errorText)", sourceLocation: location) }
        #expect(result.output.isEmpty, sourceLocation: location)
    }

    @Test(arguments: [
        (401, 69, "wants a name and a password", "bunsen login 127.0.0.1"),
        (403, 69, "does not allow it, it says: because", "ask who runs the registry"),
        (404, 66, "it is not there", "bunsen image list"),
        (429, 69, "the server is busy (429), it asks to come back in 7200 s", "try again later"),
        (500, 69, "the server answered 500, it says: because", "error: "),
    ])
    func refusedPulls(status: Int, code: Int32, words: String, hint: String) throws {
        try withProject { project, _, _ in
            let server = try ScriptedServer { request in
                if request.path == "/v2/" { return ScriptedServer.answer(200) }
                let said = Array(#"{"errors":[{"message":"because"}]}"#.utf8)
                return ScriptedServer.answer(status, ["Retry-After": status == 429 ? "7200" : "0"], said)
            }
            defer { server.stop() }
            let result = try project.bunsen("image", "pull", "127.0.0.1:\(server.port)/a:v1")
            check(result, code, words, hint, "127.0.0.1:\(server.port)/a")
            #expect(try project.bunsen("image", "list").outputText.contains("127.0.0.1") == false)
        }
    }

    @Test(arguments: [
        (401, 69, "wants a name and a password", "bunsen login 127.0.0.1"),
        (403, 69, "does not allow it", "ask who runs the registry"),
        (413, 69, "takes no request of", "limits uploads"), (507, 69, "the server answered 507", "push the blob"),
    ])
    func refusedPushes(status: Int, code: Int32, words: String, hint: String) throws {
        try withProject { project, layout, _ in
            let server = try ScriptedServer { request in
                switch request.method {
                case "HEAD": ScriptedServer.answer(404)
                case "POST": ScriptedServer.answer(202, ["Location": "/upload"])
                case "PUT": ScriptedServer.answer(status)
                default: ScriptedServer.answer(200)
                }
            }
            defer { server.stop() }
            let name = "127.0.0.1:\(server.port)/a:v1"
            #expect(try project.bunsen("image", "copy", "oci:\(layout.path):v1", "store:\(name)").succeeded)
            check(try project.bunsen("image", "push", name), code, words, hint, "127.0.0.1:\(server.port)/a")
        }
    }

    @Test func aServerThatRecoversIsNoFailure() throws {
        try withProject { project, layout, _ in
            let server = try ScriptedServer { request in
                if request.number % 2 == 0 { return ScriptedServer.answer(500, ["Retry-After": "0"]) }
                return layout.answer(request)
            }
            defer { server.stop() }
            let result = try project.bunsen("image", "pull", "127.0.0.1:\(server.port)/a:v1")
            #expect(result.succeeded && result.outputText.contains(layout.digest), "\(result.errorText)")
            #expect(result.errorText.contains("trying again in 0 s"))
        }
    }

    @Test(arguments: ["digest", "length", "manifest"])
    func liesAreNamed(kind: String) throws {
        try withProject { project, layout, _ in
            let large = try layout.largest()
            let server = try ScriptedServer { request in
                switch kind {
                case "manifest" where request.path.contains("/manifests/"):
                    return ScriptedServer.answer(
                        200, ["Docker-Content-Digest": large], layout.blob(layout.digest) ?? [])
                case "digest" where request.path.hasSuffix(large):
                    return ScriptedServer.answer(200, [:], (layout.blob(large) ?? []).dropLast() + [1])
                case "length" where request.path.hasSuffix(large):
                    return ScriptedServer.answer(200, [:], (layout.blob(large) ?? []) + [1])
                default: return layout.answer(request)
                }
            }
            defer { server.stop() }
            let result = try project.bunsen("image", "pull", "127.0.0.1:\(server.port)/a:v1")
            check(result, 69, kind == "length" ? "bytes, not" : "its digest is", large)
            #expect(try project.json("image", "list").array.isEmpty)
            #expect(try project.bunsen("store", "check").succeeded)
        }
    }

    /// Storage on another host must not see the password.
    @Test func redirectsCarryNoPassword() throws {
        try withProject { project, layout, folder in
            let storage = try ScriptedServer { layout.answer($0) }
            defer { storage.stop() }
            let server = try ScriptedServer { request in
                guard request.headers["authorization"] != nil else {
                    return ScriptedServer.answer(401, ["WWW-Authenticate": "Basic realm=\"x\""])
                }
                guard request.path.contains("/blobs/") else { return layout.answer(request) }
                return ScriptedServer.answer(307, ["Location": "\(storage.address)\(request.path)?signature=1"])
            }
            defer { server.stop() }
            try project.write(
                #"{"auths":{"127.0.0.1:\#(server.port)":{"auth":"dTpw"}}}"#, to: ".docker/config.json")
            let result = try project.bunsen("image", "pull", "127.0.0.1:\(server.port)/a:v1")
            #expect(result.succeeded, "\(result.errorText)")
            #expect(storage.requests.count == 3 && storage.requests.allSatisfy { $0.headers["authorization"] == nil })
        }
    }

    @Test func nobodyThere() throws {
        try withProject { project, _, _ in
            let server = try ScriptedServer { _ in [.cut] }
            server.stop()
            let result = try project.bunsen("image", "pull", "127.0.0.1:\(server.port)/a:v1")
            check(result, 69, "cannot reach the registry", "127.0.0.1:\(server.port)", "whether the registry runs")
        }
    }

    @Test func certificatesThatDoNotVerify() throws {
        try withProject { project, _, folder in
            let made = try project.shell(
                "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=elsewhere")
            #expect(made.succeeded, "\(made.errorText)")
            var options = RealRegistry.Options()
            options.certificate = ("\(folder)/cert.pem", "\(folder)/key.pem")
            try RealRegistry.with(folder, options) { registry in
                let result = try project.bunsen("image", "pull", "\(registry.host)/a:v1")
                check(
                    result, 69, "certificate does not verify", "/etc/docker/certs.d/\(registry.host)/ca.crt",
                    "--insecure-registry")
                let insecure = try project.bunsen(
                    "image", "list", "\(registry.host)/a", "--insecure-registry", registry.host)
                check(insecure, 66, "it is not there")
            }
        }
    }

    @Test(.enabled(if: getuid() == 0, "mounting a small disk needs root"))
    func aDiskThatIsFull() throws {
        try withProject { project, layout, folder in
            var project = project
            let disk = "\(folder)/disk"
            try Files.makeFolder(disk)
            let mount = try program("mount").run(["-t", "tmpfs", "-o", "size=200k", "tmpfs", disk])
            #expect(mount.succeeded, "\(mount.errorText)")
            defer { _ = try? program("umount").run([disk]) }
            project.environment["BUNSEN_HOME"] = "\(disk)/home"
            let server = try ScriptedServer { layout.answer($0) }
            defer { server.stop() }
            let name = "127.0.0.1:\(server.port)/a:v1"
            let result = try project.bunsen("image", "pull", name)
            check(result, 74, "no space left on device", "hint: free some space")
            #expect(try program("mount").run(["-o", "remount,size=4m", disk]).succeeded)
            let again = try project.bunsen("image", "pull", name)
            #expect(again.succeeded && again.outputText.contains(layout.digest), "\(again.errorText)")
        }
    }

    /// A build must not work for minutes before it finds out that it may not push.
    @Test func aBuildThatMayNotPushEndsBeforeItBegins() throws {
        try WheelProject.with { bench in
            let server = try ScriptedServer { request in
                ScriptedServer.answer(request.method == "POST" ? 403 : 200)
            }
            defer { server.stop() }
            try bench.project.write("packages: []\n", to: "bunsen.yaml")
            let result = try bench.project.bunsen("build", "--push", "-t", "127.0.0.1:\(server.port)/a")
            #expect(result.end == .exited(code: 69), "\(result.errorText)")
            #expect(result.errorText.contains("cannot push images (127.0.0.1:\(server.port)/a)"), "\(result.errorText)")
            #expect(!Files.exists("\(bench.project.folder)/bunsen-image.lock"), "not even the base was pinned")
        }
    }
}
