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
            let child = try daemon.start(folder)
            defer {
                kill(child.id, SIGTERM)
                _ = child.wait()
            }
            guard try eventually(60, { try daemon.client.run(["version"], timeout: 10).succeeded }) else {
                let said = (try? Files.readText("\(folder)/dockerd.log")) ?? ""
                throw SystemError("start", "dockerd, which said: \(said.suffix(2000))", code: ETIMEDOUT)
            }
            return try body(daemon)
        }
    }

    private init(_ folder: String) throws {
        socket = "\(folder)/docker.sock"
        variables = ["DOCKER_HOST": "unix://\(folder)/docker.sock", "DOCKER_CONFIG": "\(folder)/client"]
        var client = try program("docker")
        for (name, value) in variables { client.environment[name] = value }
        self.client = client
    }

    private func start(_ folder: String) throws -> ChildProcess {
        let tool = try program("dockerd")
        let log = try Descriptor.open("\(folder)/dockerd.log", O_WRONLY | O_CREAT | O_TRUNC)
        // No bridge and no packet rules: the machine may have those of another daemon.
        let arguments = [
            "--bridge=none", "--iptables=false", "--ip6tables=false", "--data-root", "\(folder)/data", "--exec-root",
            "\(folder)/exec", "--pidfile", "\(folder)/docker.pid", "--host", "unix://\(socket)",
        ]
        var start = ChildProcess.Start(
            executable: tool.executable, arguments: [tool.executable] + arguments, environment: tool.environment)
        start.standardOutput = log.number
        start.standardError = log.number
        start.ownGroup = true
        // It ends its own children when it is asked to end, and not when it is killed.
        start.deathSignal = SIGTERM
        return try ChildProcess.start(start)
    }
}
