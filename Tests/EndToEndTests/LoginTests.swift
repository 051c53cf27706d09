import Glibc
import HostSystem
import TestSupport
import Testing

/// `bunsen login` and `bunsen logout` with a registry that wants a password, and the files of docker and podman.
@Suite struct LoginTests {
    private func withRegistry(_ body: (Project, RealRegistry, SampleLayout) throws -> Void) throws {
        try withTemporaryFolder { folder in
            var options = RealRegistry.Options()
            options.user = ("robot$lab", "p:w ü")
            try RealRegistry.with(folder, options) { registry in
                var project = Project(folder: folder, home: "\(folder)/home")
                for name in ["REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"] {
                    project.environment[name] = nil
                }
                project.environment["HOME"] = folder
                let layout = try SampleLayout("\(folder)/layout", layers: [3000])
                #expect(
                    try project.bunsen("image", "copy", "oci:layout:v1", "store:\(registry.host)/a:v1").succeeded)
                try body(project, registry, layout)
            }
        }
    }

    private func login(_ project: Project, _ registry: RealRegistry, password: String) throws -> Tool.Result {
        try project.shell(
            "printf '%s\\n' '\(password)' | '\(Project.program)' login \(registry.host) -u 'robot$lab' --password-stdin"
        )
    }

    private func push(_ project: Project, _ registry: RealRegistry) throws -> Tool.Result {
        try project.bunsen("image", "push", "\(registry.host)/a:v1")
    }

    @Test func loggingInAndOut() throws {
        try withRegistry { project, registry, layout in
            let nobody = try push(project, registry)
            #expect(nobody.end == .exited(code: 69))
            #expect(nobody.errorText.contains("hint: log in: bunsen login \(registry.host) -u NAME"))
            let wrong = try login(project, registry, password: "wrong-one")
            #expect(wrong.end == .exited(code: 69), "\(wrong.errorText)")
            #expect(wrong.errorText.contains("refuses the name and password"))
            #expect(!wrong.errorText.contains("wrong-one"))
            let file = "\(project.folder)/.docker/config.json"
            #expect(!Files.exists(file))

            let right = try login(project, registry, password: "p:w ü")
            #expect(right.succeeded && right.errorText.contains(file), "\(right.errorText)")
            var status = stat()
            #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
            let pushed = try push(project, registry)
            #expect(pushed.succeeded && pushed.outputText.contains(layout.digest), "\(pushed.errorText)")
            // Another program reads the file that we wrote.
            let skopeo = try program("skopeo").run([
                "inspect", "--tls-verify=false", "--authfile", file, "docker://\(registry.host)/a:v1",
            ])
            #expect(skopeo.succeeded, "\(skopeo.errorText)")

            let out = try project.bunsen("logout", registry.host)
            #expect(out.succeeded, "\(out.errorText)")
            #expect(try push(project, registry).end == .exited(code: 69))
            let twice = try project.bunsen("logout", registry.host)
            #expect(twice.end == .exited(code: 66) && twice.errorText.contains("nobody is logged in"))
        }
    }

    /// Each place in which the other programs keep what they are told, and a helper that is asked.
    @Test(arguments: ["docker", "podman", "authfile", "helper", "store"])
    func othersLoginsCount(place: String) throws {
        try withRegistry { project, registry, _ in
            var project = project
            let folder = project.folder
            let auth = ["login", "--tls-verify=false", "-u", "robot$lab", "-p", "p:w ü"]
            switch place {
            case "docker":
                project.environment["DOCKER_CONFIG"] = "\(folder)/elsewhere"
                try Files.makeFolder("\(folder)/elsewhere")
                let made = try program("skopeo").run(
                    auth + ["--compat-auth-file", "\(folder)/elsewhere/config.json", registry.host])
                if !made.succeeded {  // an older skopeo
                    let file = "\(folder)/elsewhere/config.json"
                    #expect(try program("skopeo").run(auth + ["--authfile", file, registry.host]).succeeded)
                }
            case "podman":
                project.environment["XDG_RUNTIME_DIR"] = "\(folder)/run"
                let file = "\(folder)/run/containers/auth.json"
                #expect(try program("skopeo").run(auth + ["--authfile", file, registry.host]).succeeded)
            case "authfile":
                project.environment["REGISTRY_AUTH_FILE"] = "\(folder)/auth.json"
                let file = "\(folder)/auth.json"
                #expect(try program("skopeo").run(auth + ["--authfile", file, registry.host]).succeeded)
            default:
                let helper = """
                    #!/bin/sh
                    read -r name
                    [ "$1 $name" = "get \(registry.host)" ] || { echo "credentials not found"; exit 1; }
                    printf '{"ServerURL":"%s","Username":"robot$lab","Secret":"p:w ü"}' "$name"
                    """
                try project.write(helper, to: "bin/docker-credential-lab", mode: 0o755)
                project.environment["PATH"] = "\(folder)/bin:\(project.environment["PATH"] ?? "")"
                let settings = place == "store" ? #""credsStore":"lab""# : #""credHelpers":{"\#(registry.host)":"lab"}"#
                try project.write("{\(settings)}", to: ".docker/config.json")
            }
            let pushed = try push(project, registry)
            #expect(pushed.succeeded, "\(place): \(pushed.errorText)")
        }
    }
}
