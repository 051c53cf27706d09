import Glibc
import HostSystem

/// A Docker daemon that can be killed and started again on a containerd that stays, as packages set them up. Containers
/// live through it (`--live-restore`) or end with it.
package final class RestartableDocker {
    private let folder: String
    private let keepsContainers: Bool
    private var daemon: ChildProcess?
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
                defer { docker.end(SIGTERM) }
                return try body(docker)
            }
        }
    }

    /// Starts the daemon, and waits until it answers.
    package func start() throws {
        let tool = try program("dockerd")
        let log = try Descriptor.open("\(folder)/dockerd.log", O_WRONLY | O_CREAT | O_APPEND)
        var start = ChildProcess.Start(
            executable: tool.executable,
            arguments: [tool.executable] + DockerDaemon.arguments(folder)
                + ["--containerd", "\(folder)/containerd.sock"] + (keepsContainers ? ["--live-restore"] : []),
            environment: tool.environment)
        start.standardOutput = log.number
        start.standardError = log.number
        start.ownGroup = true
        start.deathSignal = SIGTERM
        daemon = try ChildProcess.start(start)
        var client = try program("docker")
        client.environment.merge(variables) { $1 }
        guard eventually(60, { (try? client.run(["version"], timeout: 10).succeeded) ?? false }) else {
            let said = (try? Files.readText("\(folder)/dockerd.log")) ?? ""
            throw SystemError("start", "dockerd, which said: \(said.suffix(2000))", code: ETIMEDOUT)
        }
    }

    /// Ends the daemon as a crash does, with nothing put away.
    package func crash() {
        end(SIGKILL)
        unlink("\(folder)/docker.pid")
    }

    private func end(_ signal: Int32) {
        guard let daemon else { return }
        kill(daemon.id, signal)
        _ = daemon.wait()
        self.daemon = nil
    }
}
