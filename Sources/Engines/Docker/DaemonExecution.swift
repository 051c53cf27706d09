import Glibc
import HostSystem

/// Another command in a daemon's container: its streams, its signals and its end.
struct DaemonExecution {
    let command: ContainerCommand
    /// Of the container, as it was asked for.
    let name: String
    let client: DaemonClient

    private static let operation = "run a command in"

    func run() throws -> ProcessEnd {
        let container = try container()
        try check(container)
        let terminal = try TerminalSettings.ofStreams(command)
        let relay = try SignalRelay(command)
        let made = try client.send("POST", "/containers/\(container.Id)/exec", body: message(container))
        let id = try client.value(DockerMessages.Created.self, made, Self.operation, name).Id
        let connection = try client.open(
            "POST", "/exec/\(id)/start", body: DockerMessages.ExecutionStart(Tty: command.hasTerminal),
            headers: [("Upgrade", "tcp"), ("Connection", "Upgrade")])
        guard connection.head.status == 101 || connection.head.status == 200 else {
            let answer = DaemonClient.Answer(
                status: connection.head.status, headers: [:], body: try connection.readAll(limit: 1 << 20))
            throw EngineError(Self.operation, name, .said(DaemonClient.message(answer)))
        }
        connection.becomePatient()
        try terminal?.makeRaw()
        defer { withExtendedLifetime(terminal) {} }
        let problem = try attend(connection, id, container, relay, terminal)
        return try end(of: id, problem)
    }

    private func container() throws -> DockerMessages.Container {
        let answer = try client.send("GET", "/containers/\(name)/json")
        let container = try client.value(DockerMessages.Container.self, answer, Self.operation, name)
        guard container.State.Status == "running" else { throw EngineError(Self.operation, name, .ended) }
        return container
    }

    private func check(_ container: DockerMessages.Container) throws {
        let check = CommandCheck(files: DaemonFiles(client: client, container: container.Id))
        let own = container.Config.WorkingDir.flatMap { $0.isEmpty ? nil : $0 }
        let folder = command.workingFolder ?? own ?? "/"
        if command.workingFolder != nil { try check.checkWorkingFolder(folder) }
        let path =
            command.variables["PATH"]
            ?? container.Config.Env?.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) }
        try check.check(command.command, searchPath: path, from: folder)
    }

    private func message(_ container: DockerMessages.Container) -> DockerMessages.Execution {
        var variables = command.allVariables
        // Podman gives it to the first command only.
        if variables["HOSTNAME"] == nil, let name = container.Config.Hostname, !name.isEmpty {
            variables["HOSTNAME"] =
                container.Config.Env?.last { $0.hasPrefix("HOSTNAME=") }
                .map { String($0.dropFirst(9)) } ?? name
        }
        return DockerMessages.Execution(
            Cmd: command.command, Env: variables.map { "\($0.key)=\($0.value)" }.sorted(),
            WorkingDir: command.workingFolder, AttachStdin: command.streams.input != nil, Tty: command.hasTerminal,
            // Daemons let go of a terminal at some keys; these nobody types.
            DetachKeys: command.hasTerminal ? "ctrl-^,ctrl-@,ctrl-^" : nil)
    }

    // MARK: While it runs

    /// Hands input, signals and the terminal's size to the command until its output has ended.
    ///
    /// - Returns: what went wrong with the output.
    private func attend(
        _ connection: DaemonConnection, _ id: String, _ container: DockerMessages.Container, _ relay: SignalRelay,
        _ terminal: TerminalSettings?
    ) throws -> String? {
        let outputs = try ContainerOutputs(command.streams)
        let ended = try EndOfThread()
        let framed = !command.hasTerminal
        let pumping = BackgroundThread {
            defer {
                outputs.close()
                ended.tell()
            }
            return outputs.pump(connection, framed: framed, endsByReset: true)
        }
        defer { connection.interrupt() }
        var input = InputPump(command.streams.input, connection)
        // Until the command runs, its terminal has no size that could be set.
        var sizeTries = terminal == nil ? 0 : 100
        while true {
            var polls = [
                pollfd(fd: relay.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: ended.notice.number, events: Int16(POLLIN), revents: 0), input.poller,
            ]
            let ready = poll(&polls, nfds_t(polls.count), sizeTries > 0 ? 20 : -1)
            if sizeTries > 0, let size = terminal?.size {
                sizeTries = try resize(id, size) ? 0 : sizeTries - 1
            }
            guard ready > 0 else { continue }
            for number in polls[0].revents == 0 ? [] : relay.read() {
                if number == SIGWINCH { sizeTries = 100 } else { try signal(number, id, container) }
            }
            if polls[1].revents != 0 { return try pumping.join() }
            if polls[2].revents != 0 { input.move() }
        }
    }

    private func resize(_ id: String, _ size: TerminalSettings.Size) throws -> Bool {
        try client.send("POST", "/exec/\(id)/resize", [("h", "\(size.rows)"), ("w", "\(size.columns)")]).status < 300
    }

    /// No daemon hands signals to such a command, so its process gets them from here.
    private func signal(_ number: Int32, _ id: String, _ container: DockerMessages.Container) throws {
        for _ in 0..<200 {
            let state = try state(of: id)
            guard state.Running else { return }
            // Not yet started.
            guard let process = state.Pid, process > 0 else {
                usleep(10_000)
                continue
            }
            guard Self.isSeen(process, in: container), kill(pid_t(truncatingIfNeeded: process), number) == 0 else {
                break
            }
            return
        }
        throw EngineError(
            "send signal \(number) to", "a command in \(name)", .said("its processes cannot be reached from here"),
            hint: "it goes on; end the container, or end it from inside")
    }

    /// A daemon in a space of processes of its own has numbers that mean others here.
    private static func isSeen(_ process: Int, in container: DockerMessages.Container) -> Bool {
        func space(_ process: String) -> ino_t? {
            var status = stat()
            return stat("/proc/\(process)/ns/mnt", &status) == 0 ? status.st_ino : nil
        }
        guard let first = container.State.Pid, first > 0, let place = space("\(process)") else { return false }
        return place == space("\(first)") && place != space("self")
    }

    // MARK: Its end

    private func state(of id: String) throws -> DockerMessages.ExecutionState {
        let answer = try client.send("GET", "/exec/\(id)/json")
        return try client.value(DockerMessages.ExecutionState.self, answer, "ask for the end of a command in", name)
    }

    /// The end is told a little later than the end of the output, which may end before the command does.
    private func end(of id: String, _ problem: String?) throws -> ProcessEnd {
        var pause: UInt32 = 1000
        while true {
            let seen: DockerMessages.ExecutionState
            do {
                seen = try state(of: id)
            } catch let error as EngineError {
                // It went with its container. Podman has another status for one that is on its way out.
                switch error.cause {
                case .missing: return .signalled(number: SIGKILL)
                case .said(let words) where words.hasSuffix("no such container"):
                    return .signalled(number: SIGKILL)
                default: throw error
                }
            }
            if !seen.Running, let code = seen.ExitCode {
                if let problem, code == 0 { throw EngineError(Self.operation, name, .said(problem)) }
                return DaemonContainer.processEnd(code)
            }
            usleep(pause)
            pause = min(100_000, pause * 2)
        }
    }
}

/// What is read here and written there, without waiting for either.
private struct InputPump {
    private let connection: DaemonConnection
    private var input: Int32?
    private var pending: ArraySlice<UInt8> = []

    init(_ input: Int32?, _ connection: DaemonConnection) {
        self.input = input
        self.connection = connection
    }

    /// What has to happen before `move` can do something.
    var poller: pollfd {
        guard let input else { return pollfd(fd: -1, events: 0, revents: 0) }
        return pending.isEmpty
            ? pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            : pollfd(fd: connection.number, events: Int16(POLLOUT), revents: 0)
    }

    mutating func move() {
        guard let input else { return }
        if pending.isEmpty {
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            let count = bytes.withUnsafeMutableBytes { buffer in
                retryingInterrupts { Glibc.read(input, buffer.baseAddress, buffer.count) }
            }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else {
                connection.endSending()
                self.input = nil
                return
            }
            pending = bytes[..<count]
        }
        guard let sent = connection.sendSome(pending) else {
            // The command reads no more.
            self.input = nil
            return
        }
        pending = pending.dropFirst(sent)
    }
}
