import Glibc
import HostSystem
import TestSupport
import Testing

/// A registry that wants a name and a password, which `bunsen login` puts where other programs find them.
@Suite(.serialized) struct PasswordTests {
    @Test func loginOpensTheRegistryForAll() throws {
        try DigitsImage.with { image in
            let folder = "\(image.folder)/private"
            try Files.makeFolder(folder)
            var options = RealRegistry.Options()
            options.user = ("robot$team", "not a secret")
            try RealRegistry.with(folder, options) { registry in
                var project = DigitsImage.project
                project.environment["DOCKER_CONFIG"] = "\(folder)/credentials"
                project.environment["REGISTRY_AUTH_FILE"] = nil
                let name = "\(registry.host)/team/digits:digits"

                let refused = try project.bunsen("image", "push", DigitsImage.name, name)
                #expect(refused.end == .exited(code: 69), "\(refused.end)")
                #expect(
                    refused.errorText.contains("hint: log in: bunsen login \(registry.host)"), "\(refused.errorText)")

                let wrong = try login(project, registry, "another")
                #expect(!wrong.succeeded)
                #expect(!Files.exists("\(folder)/credentials/config.json"))
                let right = try login(project, registry, "not a secret")
                try #require(right.succeeded, "\(right.errorText)")

                let pushed = try project.bunsen("image", "push", DigitsImage.name, name)
                try #require(pushed.succeeded, "\(pushed.errorText)")
                #expect(pushed.outputText == "\(registry.host)/team/digits@\(image.digest)\n")

                let skopeo = try program("skopeo")
                let reference = "docker://\(registry.host)/team/digits@\(image.digest)"
                let copy = [
                    "copy", "--quiet", "--preserve-digests", "--src-tls-verify=false", reference, "dir:\(folder)/copy",
                ]
                #expect(try !skopeo.run(copy + ["--src-no-creds"], timeout: 60).succeeded)
                let file = "\(folder)/credentials/config.json"
                let copied = try skopeo.run(copy + ["--src-authfile", file], timeout: 900)
                try #require(copied.succeeded, "\(copied.errorText)")
                #expect("sha256:\(try SHA256.hexDigest(file: "\(folder)/copy/manifest.json"))" == image.digest)

                // What is there already is not sent again.
                let again = try project.bunsen("image", "push", DigitsImage.name, name)
                #expect(again.errorText.contains("sent 0 B"), "\(again.errorText)")
                #expect(try project.bunsen("logout", registry.host).succeeded)
                #expect(try project.bunsen("image", "push", DigitsImage.name, name).end == .exited(code: 69))
            }
        }
    }

    private func login(_ project: Project, _ registry: RealRegistry, _ password: String) throws -> Tool.Result {
        try Tool(executable: Project.program, environment: project.environment, workingFolder: project.folder).run(
            ["login", registry.host, "--username", "robot$team", "--password-stdin"],
            input: Array("\(password)\n".utf8),
            timeout: 60)
    }
}
