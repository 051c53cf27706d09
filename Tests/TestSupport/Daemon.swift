import Glibc
import HostSystem

/// A server that a test starts for itself, and that ends with the test, however that ends.
package struct Daemon {
    private let child: ChildProcess

    /// - Parameter isReady: asked until it says yes.
    package static func with<Result>(
        _ name: String, _ arguments: [String], log: String, isReady: () throws -> Bool, _ body: () throws -> Result
    ) throws -> Result {
        let daemon = try start(name, arguments, log: log, isReady: isReady)
        defer { daemon.end() }
        return try body()
    }

    /// For a test that ends it itself.
    package static func start(
        _ name: String, _ arguments: [String], log: String, isReady: () throws -> Bool
    ) throws -> Daemon {
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
        do {
            if try eventually(60, isReady) { return daemon }
        } catch {
            daemon.end()
            throw error
        }
        daemon.end()
        let said = (try? Files.readText(log)) ?? ""
        throw SystemError("start", "\(name), which said: \(said.suffix(2000))", code: ETIMEDOUT)
    }

    package func end(_ signal: Int32 = SIGTERM) {
        kill(child.id, signal)
        _ = child.wait()
    }
}
