import Glibc
import HostSystem

/// A Docker daemon that can be killed and started again on a containerd that stays, as packages set them up. Containers
/// live through it (`--live-restore`) or end with it.
package final class RestartableDocker {
    private let folder: String
    private let keepsContainers: Bool
    private var daemon: Daemon?
    /// What makes any docker client talk to this daemon.
    package var variables: [String: String] {
        ["DOCKER_HOST": "unix://\(folder)/docker.sock", "DOCKER_CONFIG": "\(folder)/client"]
    }

    private init(_ folder: String, _ keepsContainers: Bool) {
        self.folder = folder
        self.keepsContainers = keepsContainers
    }

    package static func with<Result>(
        keepsContainers: Bool, _ body: (RestartableDocker) throws -> Result
    ) throws -> Result {
        try withTemporaryFolder { folder in
            try Files.write(
                """
                version = 2
                root = "\(folder)/containerd-root"
                state = "\(folder)/containerd"
                [grpc]
                  address = "\(folder)/containerd.sock"

                """, to: "\(folder)/containerd.toml")
            defer { _ = try? program("umount").run(["\(folder)/exec/netns/default"]) }
            return try Daemon.with(
                "containerd", ["--config", "\(folder)/containerd.toml"], log: "\(folder)/containerd.log",
                isReady: { Files.exists("\(folder)/containerd.sock") }
            ) {
                let docker = RestartableDocker(folder, keepsContainers)
                try docker.start()
                defer { docker.daemon?.end() }
                return try body(docker)
            }
        }
    }

    /// Starts the daemon, and waits until it answers.
    package func start() throws {
        var client = try program("docker")
        client.environment.merge(variables) { $1 }
        daemon = try Daemon.start(
            "dockerd",
            DockerDaemon.arguments(folder) + ["--containerd", "\(folder)/containerd.sock"]
                + (keepsContainers ? ["--live-restore"] : []),
            log: "\(folder)/dockerd.log", isReady: { try client.run(["version"], timeout: 10).succeeded })
    }

    /// Ends the daemon as a crash does, with nothing put away.
    package func crash() {
        daemon?.end(SIGKILL)
        daemon = nil
        unlink("\(folder)/docker.pid")
    }
}
