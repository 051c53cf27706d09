import ExperimentModel
import Glibc
import HostSystem

/// Hands the output of a daemon's container on, and learns its end, also when the daemon is restarted meanwhile: the
/// container may have gone on without it, or ended with it, and only the daemon knows.
struct ContainerFollower: Sendable {
    let name: String
    let engine: DaemonEngine
    let outputs: ContainerOutputs
    /// Watched where the container's memory is limited.
    let memory: OutOfMemoryWatch?

    /// - Parameter attached: the container's streams.
    func follow(_ attached: DaemonConnection, _ client: DaemonClient) -> ContainerEnd {
        var client = client
        var problem = outputs.pump(attached, framed: true)
        var lost: Double?
        while true {
            do {
                return try end(client, problem)
            } catch {
                let since = lost ?? monotonicSeconds()
                lost = since
                guard let back = returned(since: since) else {
                    return ContainerEnd(.signalled(number: SIGKILL), message: "its end is not known: \(error)")
                }
                client = back
                let away = ReadableNumber.duration(monotonicSeconds() - since)
                problem = "\(engine.name.rawValue) went away for \(away): what the command printed meanwhile is lost"
                // Streams of a container that has ended would stay open for ever.
                guard let again = try? DaemonContainer.attach(name, client),
                    (try? DaemonContainer.inspect(name, client))?.status == .running
                else {
                    usleep(Self.pause)
                    continue
                }
                problem = outputs.pump(again, framed: true) ?? problem
                lost = nil
            }
        }
    }

    /// Between two questions to a daemon that is away, or does not make sense, in microseconds.
    private static let pause: UInt32 = 200_000

    private func returned(since lost: Double) -> DaemonClient? {
        while monotonicSeconds() - lost < engine.patience {
            if let client = try? engine.connected() { return client }
            usleep(Self.pause)
        }
        return nil
    }

    /// What the daemon says of the end, once it has come. Throws when there is no daemon to say it.
    private func end(_ client: DaemonClient, _ problem: String?) throws -> ContainerEnd {
        do {
            let answer = try client.send("POST", "/containers/\(name)/wait", patience: nil)
            let waited = try client.value(DockerMessages.Waited.self, answer, "wait for", name)
            var end = ContainerEnd(
                DaemonContainer.processEnd(waited.StatusCode), message: waited.Error?.Message ?? problem)
            do {
                if case .ended(let seen) = try DaemonContainer.inspect(name, client).status {
                    end.outOfMemory = seen.outOfMemory
                    end.message = end.message ?? seen.message
                }
            } catch let error as EngineError {
                // Removed by force while it ran; podman then tells of an end with code 0.
                if case .missing = error.cause, end.end == .exited(code: 0) { end.end = .signalled(number: SIGKILL) }
            }
            // Podman does not tell on every kind of control group.
            if let memory, end.end == .signalled(number: SIGKILL), memory.killed { end.outOfMemory = true }
            return end
        } catch let error as EngineError {
            switch error.cause {
            // Removed by force while it ran.
            case .missing: return ContainerEnd(.signalled(number: SIGKILL), message: problem)
            case .said:
                return ContainerEnd(.signalled(number: SIGKILL), message: "its end is not known: \(error)")
            default: throw error
            }
        }
    }
}
