import Glibc
import HostSystem

/// A server that a test starts for itself, and that ends with the test, however that ends.
package struct Daemon {
    private let child: ChildProcess

    /// - Parameter isReady: asked until it says yes.
    package static func with<Result>(
        _ name: String, _ arguments: [String], log: String, isReady: () throws -> Bool, _ body: () throws -> Result
    ) throws -> Result {
        let tool = try program(name)
        let output = try Descriptor.open(log, O_WRONLY | O_CREAT | O_TRUNC)
        var start = ChildProcess.Start(
            executable: tool.executable, arguments: [tool.executable] + arguments, environment: tool.environment)
        start.standardOutput = output.number
        start.standardError = output.number
        start.ownGroup = true
        // These servers end their own children when they are asked to end, and not when they are killed.
        start.deathSignal = SIGTERM
        let daemon = Daemon(child: try ChildProcess.start(start))
        defer { daemon.stop() }
        guard try eventually(60, isReady) else {
            let said = (try? Files.readText(log)) ?? ""
            throw SystemError("start", "\(name), which said: \(said.suffix(2000))", code: ETIMEDOUT)
        }
        return try body()
    }

    private func stop() {
        kill(child.id, SIGTERM)
        _ = child.wait()
    }
}
