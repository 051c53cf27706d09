import Glibc
import HostSystem
import Synchronization

/// The child process that a container ends with, waited for once and never signalled after that.
final class ContainerChild: Sendable {
    let process: ChildProcess
    private let known = Mutex<ContainerEnd?>(nil)
    /// What the process's end says of the container's; asked once.
    private let end: @Sendable (ProcessEnd) -> ContainerEnd

    init(_ process: ChildProcess, end: @escaping @Sendable (ProcessEnd) -> ContainerEnd) {
        self.process = process
        self.end = end
    }

    func signal(_ number: Int32) throws {
        // Once it was waited for, its number may belong to another process.
        try known.withLock { known in
            guard known == nil else { return }
            guard kill(process.id, number) == 0 || errno == ESRCH else {
                throw SystemError("send signal \(number) to", "process \(process.id)")
            }
        }
    }

    func wait() -> ContainerEnd {
        if let end = known.withLock({ $0 }) { return end }
        // Waits without taking the process away, so that a signal meanwhile cannot meet another one.
        var information = siginfo_t()
        _ = retryingInterrupts { waitid(P_PID, id_t(process.id), &information, WEXITED | WNOWAIT) }
        return known.withLock { known in
            if let known { return known }
            let last = end(process.wait())
            known = last
            return last
        }
    }

    /// Somebody else waited for the process.
    func ended(_ processEnd: ProcessEnd) {
        known.withLock { known in if known == nil { known = end(processEnd) } }
    }
}

extension ChildProcess.Start {
    /// Gives the child the streams of a request. In the foreground group it can read from the terminal (a debugger,
    /// input()), and Ctrl-C reaches it.
    mutating func take(_ streams: ContainerStreams) {
        standardInput = streams.input
        standardOutput = streams.output
        standardError = streams.error
        ownGroup = !streams.isForeground
    }

    mutating func take(_ command: ContainerCommand) {
        take(command.streams)
        if command.hasTerminal { ownGroup = false }
    }
}
