import HostSystem
import TestSupport
import Testing

/// `bunsen image` and `bunsen login` with a real registry, as a person uses them.
@Suite(.serialized) struct ImageCommandsTests {
    /// A project with an image in a layout folder, whose home folder is a test's own, and a registry.
    private func with(
        user: (name: String, password: String)? = nil, _ body: (Project, RealRegistry, _ digest: String) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let image = try TinyLayout(folder)
            var project = Project(folder: folder, home: "\(folder)/home")
            // Nobody's credentials.
            project.environment["HOME"] = folder
            for name in ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"] { project.environment[name] = nil }
            var options = RealRegistry.Options()
            options.user = user
            try RealRegistry.with(folder, options) { try body(project, $0, try image.digest()) }
        }
    }

    @discardableResult
    private func run(_ project: Project, _ arguments: String...) throws -> String {
        let result = try project.bunsen(arguments: arguments, timeout: 60)
        guard result.succeeded else { throw Unexpected(result) }
        return result.outputText
    }

    @Test func anImageGoesRound() throws {
        try with { project, registry, digest in
            let name = "\(registry.host)/team/tiny"
            try run(project, "image", "copy", "oci:layout:v1", "store:\(name):v1")
            #expect(try run(project, "image", "push", "\(name):v1") == "\(name)@\(digest)\n")
            #expect(try run(project, "image", "list", name) == "v1\n")
            let again = try project.bunsen("image", "push", "\(name):v1")
            #expect(again.succeeded && again.errorText.contains("sent 0 B"), "\(again.errorText)")
            #expect(try run(project, "image", "push", "\(name):v1", "\(name):v2") == "\(name)@\(digest)\n")
            #expect(try project.json("image", "list", name) == .array([.string("v1"), .string("v2")]))

            let sheet = try project.json("image", "inspect", "\(name):v2")
            #expect(sheet["digest"].string == digest)
            #expect(try project.json("image", "inspect", "\(name)@\(digest)")["layers"] == sheet["layers"])
            #expect(try run(project, "image", "inspect", "\(name):v2").contains("org.example.kind=tiny"))

            #expect(try run(project, "image", "copy", "\(name):v1", "\(registry.host)/other/place:v3") == "\(digest)\n")
            #expect(try run(project, "image", "copy", "\(registry.host)/other/place:v3", "oci:out:x") == "\(digest)\n")
            let judged = try program("skopeo").run([
                "inspect", "--format", "{{.Digest}}", "oci:\(project.folder)/out:x",
            ])
            #expect(judged.outputText == "\(digest)\n")

            // Another machine: its store has nothing.
            var other = project
            other.environment["BUNSEN_HOME"] = "\(project.folder)/other-home"
            #expect(try run(other, "image", "pull", "\(name):v2") == "\(name)@\(digest)\n")
            #expect(try run(other, "image", "pull", "\(name)@\(digest)") == "\(name)@\(digest)\n")
            #expect(try run(other, "image", "tag", "\(name):v2", "localhost/mine") == "localhost/mine:v2@\(digest)\n")
            let listed = try other.json("image", "list").array.compactMap { $0["name"].string }
            #expect(Set(listed) == ["\(name):v2", "\(name)@\(digest)", "localhost/mine:v2"])
            #expect(try run(other, "image", "copy", "store:localhost/mine:v2", "oci:mine") == "\(digest)\n")
            try run(other, "image", "delete", "store:localhost/mine:v2")
            #expect(try other.json("image", "list").array.count == 2)

            try run(project, "image", "delete", "\(name)@\(digest)")
            let gone = try project.bunsen("image", "inspect", "\(registry.host)/team/tiny@\(digest)")
            #expect(gone.end == .exited(code: 66), "\(gone.errorText)")
        }
    }

    @Test func aRegistryThatWantsAPassword() throws {
        try with(user: ("me", "secret")) { project, registry, digest in
            let name = "\(registry.host)/team/tiny:v1"
            try run(project, "image", "copy", "oci:layout:v1", "store:\(name)")
            for arguments in [
                ["push", name], ["inspect", name], ["pull", name], ["list", "\(registry.host)/team/tiny"],
            ] {
                let refused = try project.bunsen(arguments: ["image"] + arguments)
                #expect(refused.end == .exited(code: 69), "\(arguments): \(refused.errorText)")
                #expect(
                    refused.errorText.contains("bunsen login \(registry.host)"), "\(arguments): \(refused.errorText)")
            }
            let wrong = try project.shell(
                "printf wrong | '\(Project.program)' login \(registry.host) -u me --password-stdin")
            #expect(!wrong.succeeded, "\(wrong.errorText)")
            let right = try project.shell(
                "printf secret | '\(Project.program)' login \(registry.host) -u me --password-stdin")
            #expect(right.succeeded, "\(right.errorText)")
            #expect(try run(project, "image", "push", name) == "\(registry.host)/team/tiny@\(digest)\n")
            #expect(try run(project, "image", "list", "\(registry.host)/team/tiny") == "v1\n")
            #expect(try project.json("image", "inspect", name)["digest"].string == digest)
            #expect(try run(project, "image", "copy", name, "docker-archive:a.tar") == "\(digest)\n")
            var other = project
            other.environment["BUNSEN_HOME"] = "\(project.folder)/other-home"
            #expect(try run(other, "image", "pull", name) == "\(registry.host)/team/tiny@\(digest)\n")
            try run(project, "image", "delete", "\(registry.host)/team/tiny@\(digest)")
        }
    }

    /// As after a build whose registry had some of the layers.
    @Test func layersThatTheStoreLacksAreFetched() throws {
        try with { project, registry, digest in
            let name = "\(registry.host)/team/tiny:v1"
            try run(project, "image", "copy", "oci:layout:v1", "store:\(name)")
            try run(project, "image", "push", name)
            let layer = try #require(project.json("image", "inspect", name)["layers"][0]["digest"].string)
            try Files.remove("\(project.folder)/home/store/blobs/sha256/\(layer.dropFirst(7))")
            let lacking = try project.bunsen("image", "copy", "store:\(name)", "docker-archive:a.tar")
            #expect(lacking.end == .exited(code: 66) && lacking.errorText.contains("bunsen image pull \(name)"))
            #expect(!Files.exists("\(project.folder)/a.tar"))
            try run(project, "image", "pull", name)
            #expect(try run(project, "image", "copy", "store:\(name)", "docker-archive:a.tar") == "\(digest)\n")
        }
    }

    @Test func whatOnlyTheStoreHasIsPointedAt() throws {
        try with { project, registry, _ in
            let name = "\(registry.host)/team/tiny:v1"
            try run(project, "image", "copy", "oci:layout:v1", "store:\(name)")
            try run(project, "image", "tag", name, "localhost/tiny:v1")
            for (arguments, place) in [
                (["inspect", name], name), (["copy", name, "oci:out"], name), (["delete", name], name),
                (["inspect", "localhost/tiny:v1"], "localhost/tiny:v1"),
            ] {
                let result = try project.bunsen(arguments: ["image"] + arguments, timeout: 60)
                #expect(!result.succeeded)
                #expect(
                    result.errorText.contains("hint: this machine's store has it: store:\(place)"),
                    "\(result.errorText)")
            }
            let neither = try project.bunsen("image", "inspect", "\(registry.host)/team/tiny:v2")
            #expect(neither.end == .exited(code: 66) && !neither.errorText.contains("store:"))
        }
    }
}
