import CHostSystem
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
        package var start: ChildProcess.Start
        /// Seconds between a request to stop, SIGTERM and SIGKILL.
        package var grace = 10.0

        package init(start: ChildProcess.Start) {
            self.start = start
        }
    }

    private let command: Command
    private let recorder: RunRecorder
    private let signals: SignalInbox
    private var streams: [CapturedStream] = []
    private var child: ChildProcess?
    private var childEnd: ProcessEnd?
    private var stop = StopRequest()
    private var inspection: SideCommand?

    /// - Parameter recorder: gets everything that is seen.
    package init(command: Command, recorder: RunRecorder) throws {
        self.command = command
        self.recorder = recorder
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
    /// - Throws: `ChildStartError` when the command cannot be started. After the start nothing throws: what goes wrong
    ///   with a record is said to the person, and the training goes on.
    package func run(inspection: SideCommand? = nil) throws -> RunEnd {
        let memory = OutOfMemoryWatch()
        let started = monotonicSeconds()
        try startChild()
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
        let duration = monotonicSeconds() - started
        recorder.finishReading()
        let end = self.end(duration: duration, memory: memory)
        recorder.finish(end)
        return end
    }

    private func startChild() throws {
        var start = command.start
        let output = try CapturedStream(.stdout, copyingTo: STDOUT_FILENO)
        let error = try CapturedStream(.stderr, copyingTo: STDERR_FILENO)
        start.standardInput = STDIN_FILENO
        start.standardOutput = output.childEnd?.number
        start.standardError = error.childEnd?.number
        // On a terminal the command stays in the foreground group, so that it can read from it (a debugger, input()),
        // and Ctrl-C reaches it from the terminal itself.
        start.ownGroup = isatty(STDIN_FILENO) != 1
        start.deathSignal = SIGTERM
        child = try ChildProcess.start(start)
        output.closeChildEnd()
        error.closeChildEnd()
        streams = [output, error]
    }

    // MARK: Events

    private func wait(until deadline: Double) {
        let side = inspection?.descriptor
        var polls = [pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0)]
        polls += streams.map { pollfd(fd: $0.isOpen ? $0.reading.number : -1, events: Int16(POLLIN), revents: 0) }
        if let side { polls.append(pollfd(fd: side, events: Int16(POLLIN), revents: 0)) }
        let milliseconds = Int32(max(0, min(1000, ((deadline - monotonicSeconds()) * 1000).rounded(.up))))
        guard poll(&polls, nfds_t(polls.count), milliseconds) > 0 else { return }
        for (index, stream) in streams.enumerated() where polls[index + 1].revents != 0 {
            stream.pump(into: recorder)
        }
        if side != nil, polls[polls.count - 1].revents != 0 { inspection?.read() }
        if polls[0].revents != 0 { handleSignals() }
    }

    private func handleSignals() {
        for arrival in signals.read() {
            switch arrival.number {
            case SIGCHLD: reap()
            case SIGWINCH: for stream in streams { stream.copySize() }
            default: requestStop(arrival)
            }
        }
    }

    private func reap() {
        var status: Int32 = 0
        while true {
            let pid = waitpid(-1, &status, WNOHANG)
            guard pid > 0 else { return }
            if pid == child?.id {
                childEnd = ProcessEnd(waitStatus: status)
                stop.childEnded(at: monotonicSeconds())
            } else if pid == inspection?.processID {
                inspection?.ended()
            }
        }
    }

    private func requestStop(_ arrival: SignalInbox.Arrival) {
        guard let child, childEnd == nil else { return }
        let step = stop.request(arrival.number, at: monotonicSeconds(), grace: command.grace)
        switch step {
        case .forward:
            // A terminal has already sent its signal to the whole foreground group.
            if !(arrival.fromTerminal && !command.startsOwnGroup) { kill(child.id, arrival.number) }
        case .terminate:
            recorder.say("stopping: sending SIGTERM (once more to kill)")
            signalTree(SIGTERM)
        case .kill:
            recorder.say("stopping: sending SIGKILL")
            signalTree(SIGKILL)
        }
    }

    private func signalTree(_ number: Int32) {
        for member in ProcessTree.below(getpid()).members { kill(member.id, number) }
    }

    // MARK: The end

    /// The command has ended, and its output is read to the end or nobody will write to it soon.
    private func isOver(_ now: Double) -> Bool {
        guard childEnd != nil else { return false }
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
        let processEnd = childEnd ?? .signalled(number: SIGKILL)
        var end = RunEnd(status: .finished, time: .now, duration: duration)
        end.lastStep = recorder.lastStep
        switch processEnd {
        case .exited(let code):
            end.exitCode = code
            if code != 0 { end.status = .failed }
        case .signalled(let number):
            end.signal = number
            end.status = .killed
            end.reason = "ended by signal \(number) (\(String(cString: strsignal(number))))"
        }
        if stop.wasRequested, end.status != .finished {
            end.status = .stopped
            end.reason = "stopped by \(stop.firstSignalName)"
        } else if end.status != .finished {
            let at = end.lastStep.map { ", at step \($0)" } ?? ""
            // A shell or a launcher reports a killed child as exit code 137.
            if memory.killed, end.signal == SIGKILL || end.exitCode == 137 || recorder.memoryError != nil {
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

extension RunSupervisor.Command {
    fileprivate var startsOwnGroup: Bool { isatty(STDIN_FILENO) != 1 }
}
