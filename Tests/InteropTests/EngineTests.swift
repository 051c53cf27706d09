import Glibc
import HostSystem
import TestSupport
import Testing

/// Engines pull the image by its digest, which they verify, and train in it.
@Suite(.serialized) struct EngineTests {
    private static let isRoot = geteuid() == 0

    @Test(.enabled(if: isRoot, "dockerd needs root")) func dockerTrains() throws {
        try DigitsImage.with { image in
            try DockerDaemon.with { daemon in
                let docker = daemon.client
                try Training.expect(image) { workspace, command in
                    let pulled = try docker.run(["pull", image.reference], timeout: 900)
                    try #require(pulled.succeeded, "\(pulled.errorText)")
                    #expect(pulled.outputText.contains("Digest: \(image.digest)"))
                    let base = ["run", "--rm", "--network=host", "--volume", "\(workspace):/workspace"]
                    return try docker.run(base + [image.reference] + command, timeout: 900)
                }
            }
        }
    }

    @Test(.enabled(if: isRoot, "podman with storage of its own needs root")) func podmanTrains() throws {
        try DigitsImage.with { image in
            let podman = try program("podman")
            let storage = ["--root", "\(image.folder)/storage", "--runroot", "\(image.folder)/run"]
            // Podman leaves its storage mounted.
            defer { _ = try? program("umount").run(["\(image.folder)/storage/overlay"]) }
            try Training.expect(image) { workspace, command in
                let pulled = try podman.run(
                    storage + ["pull", "--quiet", "--tls-verify=false", image.reference], timeout: 900)
                try #require(pulled.succeeded, "\(pulled.errorText)")
                let inspected = try podman.run(
                    storage + ["image", "inspect", "--format", "{{.Digest}}", image.reference], timeout: 60)
                #expect(inspected.outputText == "\(image.digest)\n")
                // Podman asks for more files and processes than some machines allow, unless it is told how many.
                let base = [
                    "--cgroup-manager=cgroupfs", "run", "--rm", "--network=host", "--ulimit=nofile=1024:1024",
                    "--ulimit=nproc=4096:4096", "--volume", "\(workspace):/workspace",
                ]
                return try podman.run(storage + base + [image.reference] + command, timeout: 900)
            }
        }
    }
}
