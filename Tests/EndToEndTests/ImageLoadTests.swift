import Glibc
import HostSystem
import TestSupport
import Testing

/// `bunsen image load`, with engines that this test starts.
@Suite(.serialized) struct ImageLoadTests {
    private static let isRoot = geteuid() == 0
    private static let name = "registry.example.org/team/tiny:v1"

    /// A store with an image, and the image's digest.
    private func withImage(_ body: (Project, TinyLayout, _ digest: String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let image = try TinyLayout(folder)
            let project = Project(folder: folder, home: "\(folder)/home")
            let copied = try project.bunsen("image", "copy", "oci:\(image.layout):v1", "store:\(Self.name)")
            guard copied.succeeded else { throw Unexpected(copied) }
            try body(project, image, try image.digest())
        }
    }

    @Test(.enabled(if: isRoot, "dockerd needs root")) func dockerRunsWhatWasLoaded() throws {
        try withImage { project, image, digest in
            try DockerDaemon.with { docker in
                var project = project
                project.environment.merge(docker.variables) { $1 }
                // Neither is about an image that comes from this machine.
                project.environment.merge(
                    ["DOCKER_CONTENT_TRUST": "1", "DOCKER_DEFAULT_PLATFORM": "linux/s390x"]) { $1 }
                for _ in 0..<2 {
                    let loaded = try project.bunsen("image", "load", Self.name, "docker", timeout: 120)
                    try #require(loaded.succeeded, "\(loaded.errorText)")
                    #expect(loaded.outputText == "registry.example.org/team/tiny@\(digest)\n")
                }
                let listed = try docker.client.run(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])
                #expect(listed.outputText == "\(Self.name)\n", "no name is left that nobody can pull from")
                let ran = try docker.client.run(
                    ["run", "--rm", "--network=none", Self.name] + TinyLayout.command, timeout: 60)
                #expect(ran.outputText == "it runs\n", "\(ran.errorText)")

                try refusesWhatTheStoreLacks(project)
                try refusesWhatItCannotUnpack(project, image, docker)
                try refusesAnotherNetwork(project)
                try refusesAClosedSocket(project, docker)
            }
        }
    }

    private func refusesWhatTheStoreLacks(_ project: Project) throws {
        let layers = try project.json("image", "inspect", "store:\(Self.name)")["layers"]
        let layer = try #require(layers[0]["digest"].string)
        let path = "\(project.folder)/home/store/blobs/sha256/\(layer.dropFirst(7))"
        let bytes = try Files.read(path)
        try Files.remove(path)
        let lacking = try project.bunsen("image", "load", Self.name, "docker")
        #expect(lacking.end == .exited(code: 66) && lacking.errorText.contains("bunsen image pull \(Self.name)"))
        try Files.write(bytes, to: path)
    }

    /// Docker before 23.0 stops in the middle of a pull when it meets zstd.
    private func refusesWhatItCannotUnpack(_ project: Project, _ image: TinyLayout, _ docker: DockerDaemon) throws {
        let loaded = try loadZstd(project, image, "docker")
        let version = try docker.client.run(["version", "--format", "{{.Server.Version}}"]).outputText
        let major = try #require(Int(version.prefix { $0 != "." }))
        #expect(loaded.succeeded == (major >= 23), "\(loaded.errorText)")
        if major < 23 { #expect(loaded.errorText.contains("zstd") && loaded.errorText.contains("--layers gzip")) }
    }

    /// A daemon that has a loopback of its own is told from one that does not run.
    private func refusesAnotherNetwork(_ project: Project) throws {
        let elsewhere = try project.shell("exec unshare --net '\(Project.program)' image load \(Self.name) docker")
        #expect(elsewhere.end == .exited(code: 69), "\(elsewhere.errorText)")
        #expect(elsewhere.errorText.contains("cannot pull from this process"), "\(elsewhere.errorText)")
        #expect(elsewhere.errorText.contains("docker-archive:"), "the hint says what works")
    }

    /// As for somebody who is not in docker's group. Only root can give a socket away, so it is root who is kept out.
    private func refusesAClosedSocket(_ project: Project, _ docker: DockerDaemon) throws {
        try #require(chown(docker.socket, 65534, 65534) == 0 && chmod(docker.socket, 0o600) == 0)
        let closed = try project.shell(
            "exec setpriv --bounding-set=-dac_override,-dac_read_search '\(Project.program)' image load \(Self.name) docker"
        )
        #expect(closed.end == .exited(code: 69))
        #expect(closed.errorText.contains("is not open to you"), "\(closed.errorText)")
        #expect(closed.errorText.contains("usermod"), "\(closed.errorText)")
    }

    @Test(.enabled(if: isRoot, "podman with storage of its own needs root")) func podmanRunsWhatWasLoaded() throws {
        try withImage { project, image, digest in
            var project = project
            let folder = project.folder
            try project.write(
                """
                [storage]
                driver = "vfs"
                graphroot = "\(folder)/storage"
                runroot = "\(folder)/run"

                """, to: "storage.conf")
            project.environment["CONTAINERS_STORAGE_CONF"] = "\(folder)/storage.conf"
            var podman = try program("podman")
            podman.environment = project.environment
            let loaded = try project.bunsen("image", "load", Self.name, "podman", timeout: 120)
            try #require(loaded.succeeded, "\(loaded.errorText)")
            let listed = try podman.run([
                "image", "ls", "--digests", "--format", "{{.Repository}}:{{.Tag}} {{.Digest}}",
            ])
            #expect(listed.outputText == "\(Self.name) \(digest)\n", "\(listed.errorText)")
            // Podman asks for more files and processes than some machines allow, unless it is told how many.
            let options = [
                "--cgroup-manager=cgroupfs", "run", "--rm", "--network=none", "--ulimit=nofile=1024:1024",
                "--ulimit=nproc=4096:4096",
            ]
            let ran = try podman.run(options + [Self.name] + TinyLayout.command, timeout: 60)
            #expect(ran.outputText == "it runs\n", "\(ran.errorText)")
            let zstd = try loadZstd(project, image, "podman")
            #expect(zstd.succeeded, "\(zstd.errorText)")
        }
    }

    private func loadZstd(_ project: Project, _ image: TinyLayout, _ engine: String) throws -> Tool.Result {
        let packed = "\(project.folder)/zstd"
        let made = try program("skopeo").run([
            "copy", "--dest-compress-format", "zstd", "oci:\(image.layout):v1", "oci:\(packed):v1",
        ])
        try #require(made.succeeded, "\(made.errorText)")
        let name = "registry.example.org/team/zstd:v1"
        let copied = try project.bunsen("image", "copy", "oci:\(packed):v1", "store:\(name)")
        try #require(copied.succeeded, "\(copied.errorText)")
        return try project.bunsen("image", "load", name, engine, timeout: 120)
    }

    @Test func enginesThatCannotPullFromHereAreSaidToBe() throws {
        try withImage { project, _, _ in
            func expect(_ variables: [String: String], _ engine: String, _ words: String...) throws {
                var project = project
                project.environment.merge(variables) { $1 }
                let result = try project.bunsen("image", "load", Self.name, engine, timeout: 120)
                #expect(result.end == .exited(code: 69), "\(result.errorText)")
                for word in words { #expect(result.errorText.contains(word), "\(result.errorText)") }
                #expect(result.errorText.contains("hint:"), "\(result.errorText)")
            }
            let folder = project.folder
            try expect(["DOCKER_HOST": "tcp://192.0.2.1:2376"], "docker", "tcp://192.0.2.1:2376", "docker-archive:")
            try expect(["CONTAINER_HOST": "ssh://me@192.0.2.1/podman.sock"], "podman", "ssh://", "--push")
            try expect(["DOCKER_HOST": "unix://\(folder)/none.sock"], "docker", "does not run", "\(folder)/none.sock")
            try expect(["CONTAINER_HOST": "unix://\(folder)/none.sock"], "podman", "does not run")
            try expect(["PATH": folder], "docker", "no docker on PATH")

            var docker = try program("docker")
            docker.environment["DOCKER_CONFIG"] = "\(folder)/client"
            let made = try docker.run(["context", "create", "far", "--docker", "host=ssh://me@192.0.2.1"])
            try #require(made.succeeded, "\(made.errorText)")
            let far = ["DOCKER_CONFIG": "\(folder)/client", "DOCKER_CONTEXT": "far"]
            try expect(far, "docker", "ssh://me@192.0.2.1")
            try expect(far.merging(["DOCKER_CONTEXT": "gone"]) { $1 }, "docker", "does not say where its daemon is")
        }
    }

    @Test func whatIsNotThereIsNotLoaded() throws {
        try withImage { project, _, digest in
            let missing = try project.bunsen("image", "load", "registry.example.org/team/other", "docker")
            #expect(missing.end == .exited(code: 66) && missing.errorText.contains("bunsen image list"))
            let nameless = try project.bunsen("image", "load", "\(Self.name)@\(digest)", "docker")
            #expect(nameless.end == .exited(code: 64) && nameless.errorText.contains("bunsen image tag"))
            let unknown = try project.bunsen("image", "load", Self.name, "containerd")
            #expect(unknown.end == .exited(code: 64) && unknown.errorText.contains("'docker' and 'podman'"))
        }
    }
}
