import Glibc
import HostSystem

/// A docker daemon of a test's own, beside one that the machine may have. Needs root.
package struct DockerDaemon {
    package let socket: String
    /// `docker`, which talks to this daemon and has no configuration.
    package let client: Tool
    /// What makes any docker client talk to this daemon.
    package let variables: [String: String]

    package static func with<Result>(_ body: (DockerDaemon) throws -> Result) throws -> Result {
        try withTemporaryFolder { folder in
            let daemon = try DockerDaemon(folder)
            // dockerd leaves the name of its host network mounted, which keeps the folder from being removed.
            defer { _ = try? program("umount").run(["\(folder)/exec/netns/default"]) }
            let isReady = { try daemon.client.run(["version"], timeout: 10).succeeded }
            return try Daemon.with(
                "dockerd", arguments(folder), log: "\(folder)/dockerd.log", isReady: isReady
            ) { try body(daemon) }
        }
    }

    /// No bridge and no packet rules: the machine may have those of another daemon.
    package static func arguments(_ folder: String) -> [String] {
        [
            "--bridge=none", "--iptables=false", "--ip6tables=false", "--data-root", "\(folder)/data", "--exec-root",
            "\(folder)/exec", "--pidfile", "\(folder)/docker.pid", "--host", "unix://\(folder)/docker.sock",
        ]
    }

    private init(_ folder: String) throws {
        socket = "\(folder)/docker.sock"
        variables = ["DOCKER_HOST": "unix://\(folder)/docker.sock", "DOCKER_CONFIG": "\(folder)/client"]
        var client = try program("docker")
        for (name, value) in variables { client.environment[name] = value }
        self.client = client
    }
}
