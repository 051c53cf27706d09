import CHostSystem
import Engines
import ExperimentModel
import GPUDevices
import Glibc
import HostSystem

/// Starts the command of a run and stays with it to its true end.
///
/// One thread and one poll(2): output, signals and the clock are handled in the order in which they come, so that what
/// the journal says happened in that order. The supervisor adopts every descendant of the command (a subreaper), so
/// that processes which detach themselves are still measured, and stopped when the run is over.
package final class RunSupervisor {
    /// What to run, and what the supervisor has to know to stay with it.
    package struct Command {
        package var engine: any ContainerEngine
        /// Its streams are the supervisor's to give.
        package var request: ContainerRequest
        /// Seconds between a request to stop, SIGTERM and SIGKILL.
        package var grace = 10.0
        /// Values that are replaced in everything that the command prints.
        package var secrets: [String] = []

        package init(_ request: ContainerRequest, on engine: any ContainerEngine) {
            self.engine = engine
            self.request = request
        }
    }

    private let command: Command
    private let recorder: RunRecorder
    private let signals: SignalInbox
    private let showsOutput: Bool
    private var streams: [CapturedStream] = []
    private var container: (any RunningContainer)?
    private var containerEnd: ContainerEnd?
    /// What the engine says it limits.
    package private(set) var appliedLimits: ResourceLimits?
    private var stop = StopRequest()
    private var inspection: SideCommand?

    /// - Parameters:
    ///   - recorder: gets everything that is seen.
    ///   - showsOutput: whether what the command prints also goes to this process's own streams.
    package init(command: Command, recorder: RunRecorder, showsOutput: Bool = true) throws {
        self.command = command
        self.recorder = recorder
        self.showsOutput = showsOutput
        var stopping = [SIGINT, SIGTERM, SIGQUIT]
        // Under nohup a closed terminal is to be survived.
        if !SignalInbox.isIgnored(SIGHUP) { stopping.append(SIGHUP) }
        signals = try SignalInbox(stopping + [SIGCHLD, SIGWINCH])
        adopt_orphans()
    }

    /// Runs the command and returns its end.
    ///
    /// - Parameter inspection: a program such as nvidia-smi that runs beside the first moments of the command, and what
    ///   to do with its output.
    /// - Parameter begun: is called when the command runs. Where it throws, the command is stopped.
    /// - Throws: `EngineError` when the command cannot be started. After the start nothing throws: what goes wrong with
    ///   a record is said to the person, and the training goes on.
    package func run(inspection: SideCommand? = nil, begun: () throws -> Void = {}) throws -> RunEnd {
        let memory = OutOfMemoryWatch()
        let started = monotonicSeconds()
        try startCommand()
        do {
            try begun()
        } catch {
            recorder.warn("\(error)")
            requestStop(SIGTERM)
        }
        self.inspection = inspection
        inspection?.start()
        var nextTick = started + 0.2
        while true {
            let now = monotonicSeconds()
            if let step = stop.escalation(at: now) { signalTree(step == .kill ? SIGKILL : SIGTERM) }
            if now >= nextTick {
                recorder.tick()
                // A clock that slept (a suspended laptop) must not be followed tick by tick.
                nextTick = max(nextTick + 1, now)
            }
            if isOver(now) { break }
            wait(until: min(nextTick, stop.nextDeadline ?? nextTick, now + 1))
            recorder.flush()
        }
        stopRemaining()
        for stream in streams { stream.finish(into: recorder) }
        let duration = monotonicSeconds() - started
        recorder.finishReading()
        let end = self.end(duration: duration, memory: memory)
        recorder.finish(end)
        return end
    }

    private func startCommand() throws {
        let output = try CapturedStream(.stdout, copyingTo: showsOutput ? STDOUT_FILENO : nil, hiding: command.secrets)
        let error = try CapturedStream(.stderr, copyingTo: showsOutput ? STDERR_FILENO : nil, hiding: command.secrets)
        var request = command.request
        request.streams = ContainerStreams(
            input: STDIN_FILENO, output: output.childEnd?.number, error: error.childEnd?.number)
        // On a terminal the command stays in the foreground group, so that it can read from it (a debugger, input()),
        // and Ctrl-C reaches it from the terminal itself.
        request.streams.isForeground = isatty(STDIN_FILENO) == 1
        let container = try command.engine.start(request)
        self.container = container
        output.closeChildEnd()
        error.closeChildEnd()
        streams = [output, error]
        if childID == nil, let process = container.rootProcess { recorder.follow(process) }
        do {
            appliedLimits = try container.appliedLimits()
        } catch {
            recorder.warn("what limits hold could not be read back: \(error)")
        }
    }

    // MARK: Events

    private func wait(until deadline: Double) {
        let side = inspection?.descriptor
        let end = endDescriptor
        var polls = [pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0)]
        polls += streams.map { pollfd(fd: $0.isOpen ? $0.reading.number : -1, events: Int16(POLLIN), revents: 0) }
        polls.append(pollfd(fd: side ?? -1, events: Int16(POLLIN), revents: 0))
        polls.append(pollfd(fd: end?.number ?? -1, events: Int16(POLLIN), revents: 0))
        let milliseconds = Int32(max(0, min(1000, ((deadline - monotonicSeconds()) * 1000).rounded(.up))))
        guard poll(&polls, nfds_t(polls.count), milliseconds) > 0 else { return }
        for (index, stream) in streams.enumerated() where polls[index + 1].revents != 0 {
            stream.pump(into: recorder)
        }
        if side != nil, polls[polls.count - 2].revents != 0 { inspection?.read() }
        if end != nil, polls[polls.count - 1].revents != 0 { takeEnd() }
        if polls[0].revents != 0 { handleSignals() }
    }

    /// Tells the end of a command that is not a child of this process.
    private var endDescriptor: Descriptor? {
        guard containerEnd == nil, case .descriptor(let descriptor) = container?.endNotice else { return nil }
        return descriptor
    }

    /// The process of ours with which the command ends, where there is one.
    private var childID: pid_t? {
        guard case .child(let id) = container?.endNotice else { return nil }
        return id
    }

    private func takeEnd() {
        guard let container, containerEnd == nil else { return }
        do {
            containerEnd = try container.wait()
        } catch {
            recorder.warn("the end of the command could not be learned: \(error)")
            containerEnd = ContainerEnd(.signalled(number: SIGKILL), message: "\(error)")
        }
        stop.childEnded(at: monotonicSeconds())
    }

    private func handleSignals() {
        for arrival in signals.read() {
            switch arrival.number {
            case SIGCHLD: reap()
            case SIGWINCH: for stream in streams { stream.copySize() }
            default:
                requestStop(
                    arrival.number, fromTerminal: arrival.fromTerminal,
                    limit: arrival.value.flatMap(StopRequest.limit))
            }
        }
    }

    private func reap() {
        var status: Int32 = 0
        while true {
            let pid = waitpid(-1, &status, WNOHANG)
            guard pid > 0 else { return }
            if pid == childID {
                container?.childEnded(ProcessEnd(waitStatus: status))
                takeEnd()
            } else if pid == inspection?.processID {
                inspection?.ended()
            }
        }
    }

    /// - Parameter limit: seconds after which the command is killed, where somebody wants that.
    private func requestStop(_ number: Int32, fromTerminal: Bool = false, limit: Double? = nil) {
        guard container != nil, containerEnd == nil else { return }
        let step = stop.request(number, at: monotonicSeconds(), grace: command.grace, limit: limit)
        switch step {
        case .forward:
            // A terminal has already sent its signal to the whole foreground group.
            if !(fromTerminal && sharesTerminal) { signalCommand(number) }
        case .terminate:
            recorder.say("stopping: sending SIGTERM (once more to kill)")
            signalTree(SIGTERM)
        case .kill:
            recorder.say("stopping: sending SIGKILL")
            signalTree(SIGKILL)
        }
    }

    private func signalCommand(_ number: Int32) {
        do {
            try container?.signal(number)
        } catch {
            recorder.warn("\(error)")
        }
    }

    /// All processes of the command where they are ours; else its first one, with which a container ends.
    private func signalTree(_ number: Int32) {
        if childID == nil { signalCommand(number) }
        for member in ProcessTree.below(getpid()).members { kill(member.id, number) }
    }

    /// A terminal's Ctrl-C reaches the command by itself.
    private var sharesTerminal: Bool { childID != nil && isatty(STDIN_FILENO) == 1 }

    // MARK: The end

    /// The command has ended, and its output is read to the end or nobody will write to it soon.
    private func isOver(_ now: Double) -> Bool {
        guard containerEnd != nil else { return false }
        if streams.allSatisfy({ !$0.isOpen }) && inspection?.isRunning != true { return true }
        return now >= (stop.childEndedAt ?? now) + 2
    }

    /// Processes that the command left behind would hold memory and GPUs without anybody watching.
    private func stopRemaining() {
        inspection?.stop()
        let remaining = ProcessTree.below(getpid()).members
        guard !remaining.isEmpty else { return }
        let ids = remaining.prefix(5).map { String($0.id) }.joined(separator: ", ")
        recorder.warn(
            "the command left \(remaining.count) \(remaining.count == 1 ? "process" : "processes") running "
                + "(\(ids)); they were stopped")
        signalTree(SIGTERM)
        let deadline = monotonicSeconds() + 5
        while monotonicSeconds() < deadline {
            reap()
            for stream in streams where stream.isOpen { stream.pumpIfReady(into: recorder) }
            if ProcessTree.below(getpid()).members.isEmpty { break }
            usleep(20_000)
        }
        signalTree(SIGKILL)
        for stream in streams where stream.isOpen { stream.pumpIfReady(into: recorder) }
        reap()
    }

    private func end(duration: Double, memory: OutOfMemoryWatch) -> RunEnd {
        let ended = containerEnd ?? ContainerEnd(.signalled(number: SIGKILL))
        var end = RunEnd(status: .finished, time: .now, duration: duration)
        end.lastStep = recorder.lastStep
        switch ended.end {
        case .exited(let code):
            end.exitCode = code
            if code != 0 { end.status = .failed }
        case .signalled(let number):
            end.signal = number
            end.status = .killed
            end.reason = "ended by signal \(number) (\(String(cString: strsignal(number))))"
        }
        if let message = ended.message { end.reason = message }
        if stop.wasRequested, end.status != .finished {
            end.status = .stopped
            end.reason = "stopped by \(stop.firstSignalName)"
        } else if end.status != .finished {
            let at = end.lastStep.map { ", at step \($0)" } ?? ""
            // A shell or a launcher reports a killed child as exit code 137.
            let killed = end.signal == SIGKILL || end.exitCode == 137 || recorder.memoryError != nil
            if let limit = appliedLimits?.memory, ended.outOfMemory || (memory.killed && killed) {
                end.status = .outOfMemory
                end.reason = "out of memory: limit \(ResourceLimits.memoryText(limit))\(at)"
            } else if ended.outOfMemory || (memory.killed && killed) {
                end.status = .outOfMemory
                end.reason = "out of memory: the kernel killed a process of the run\(at)"
            } else if let error = recorder.memoryError {
                end.status = .outOfMemory
                end.reason = "out of memory\(at): \(error)"
            }
        }
        return end
    }
}
