import ExperimentModel
import Glibc
import HostSystem
import Synchronization

/// A container of a daemon that runs. A thread takes its output apart and learns of its end.
final class DaemonContainer: RunningContainer {
    let name: String
    private let client: DaemonClient
    private let notice: Descriptor
    private let outcome: ContainerOutcome
    private let state: ContainerState

    var endNotice: EndNotice { .descriptor(notice) }
    var rootProcess: pid_t? { state.process }

    /// Starts a container that was made.
    init(_ request: ContainerRequest, _ engine: DaemonEngine) throws {
        name = request.name
        let client = try engine.daemon().client
        self.client = client
        // Before the start, so that nothing is missed.
        let attached = try Self.attach(name, client)
        let outputs = try ContainerOutputs(request.streams)
        let (notice, end) = try Descriptor.pipe()
        self.notice = notice
        let outcome = ContainerOutcome(end)
        self.outcome = outcome
        let follower = ContainerFollower(
            name: name, engine: engine, outputs: outputs, memory: request.limits.memory.map { _ in OutOfMemoryWatch() })
        let started = try client.send("POST", "/containers/\(name)/start", patience: 120)
        try client.check(started, "start", name)
        _ = BackgroundThread<Void> {
            let end = follower.follow(attached, client)
            outputs.close()
            outcome.set(end)
        }
        state = try Self.inspect(name, client)
    }

    /// The output of a container, from now on.
    static func attach(_ name: String, _ client: DaemonClient) throws -> DaemonConnection {
        let attached = try client.open(
            "POST", "/containers/\(name)/attach", [("stream", "1"), ("stdout", "1"), ("stderr", "1")],
            headers: [("Upgrade", "tcp"), ("Connection", "Upgrade")])
        guard attached.head.status == 101 || attached.head.status == 200 else {
            let answer = DaemonClient.Answer(
                status: attached.head.status, headers: [:], body: try attached.readAll(limit: 1 << 20))
            throw EngineError("start", name, .said(DaemonClient.message(answer)))
        }
        attached.becomePatient()
        return attached
    }

    func appliedLimits() throws -> ResourceLimits { state.limits }

    func signal(_ number: Int32) throws {
        let answer = try client.send("POST", "/containers/\(name)/kill", [("signal", String(number))])
        // It does not run any more, or is gone. Not every daemon has a status for that.
        if [404, 409].contains(answer.status) { return }
        if answer.status >= 300, let state = try? Self.inspect(name, client), state.status != .running { return }
        try client.check(answer, "send signal \(number) to", name)
    }

    func wait() throws -> ContainerEnd {
        while true {
            if let end = outcome.get() { return end }
            var poller = pollfd(fd: notice.number, events: Int16(POLLIN), revents: 0)
            poll(&poller, 1, -1)
        }
    }

    func childEnded(_ end: ProcessEnd) {}

    /// Daemons tell an end by a signal as shells do: 128 and the number of the signal.
    static func processEnd(_ code: Int) -> ProcessEnd {
        (129...159).contains(code)
            ? .signalled(number: Int32(code - 128)) : .exited(code: Int32(truncatingIfNeeded: code))
    }

    static func inspect(_ name: String, _ client: DaemonClient) throws -> ContainerState {
        let answer = try client.send("GET", "/containers/\(name)/json")
        let container = try client.value(DockerMessages.Container.self, answer, "inspect", name)
        let status: ContainerState.Status =
            switch container.State.Status {
            case "created", "configured", "initialized": .created
            case "exited", "dead", "stopped", "removing", "stopping":
                .ended(
                    ContainerEnd(
                        processEnd(container.State.ExitCode ?? 0), outOfMemory: container.State.OOMKilled ?? false,
                        message: container.State.Error.flatMap { $0.isEmpty ? nil : $0 }))
            default: .running
            }
        let labels = container.Config.Labels ?? [:]
        var state = ContainerState(
            name: labels[DaemonEngine.label] ?? String(container.Name.drop { $0 == "/" }), status: status,
            limits: container.HostConfig.limits(environment: container.Config.Env), labels: labels)
        if state.limits.gpus == nil { state.limits.gpus = labels[DaemonEngine.gpuLabel].flatMap { GPUSelection($0) } }
        state.image = container.Config.Image
        if let process = container.State.Pid, process > 0 {
            // A daemon elsewhere, or in another space of processes, has numbers that mean nothing here.
            state.process = Files.exists("/proc/\(process)") ? pid_t(truncatingIfNeeded: process) : nil
        }
        return state
    }
}

/// The end of a container, told by the thread that learned it to those that wait.
private final class ContainerOutcome: Sendable {
    private struct State {
        var end: ContainerEnd?
        var notice: Descriptor?
    }

    private let state: Mutex<State>

    /// - Parameter notice: closed when the end is known.
    init(_ notice: Descriptor) { state = Mutex(State(notice: notice)) }

    func set(_ end: ContainerEnd) {
        state.withLock { state in
            state.end = end
            state.notice = nil
        }
    }

    func get() -> ContainerEnd? { state.withLock { $0.end } }
}
