import Glibc
import HostSystem

/// How a command goes on after its terminal has been given back.
///
/// The command line is executed once more by a child in a session of its own, which no terminal controls. The child
/// prepares its work in the person's sight: what it says, its errors and its exit code are those of a command that was
/// not detached, and until it lets go it ends with its parent. Then it goes on by itself.
struct DetachedSelf {
    /// The number of the pipe on which the parent waits for the child's word.
    private static let variable = "BUNSEN_DETACHED"

    private let parent: Descriptor

    // MARK: The parent

    /// In the parent: starts this command line again in a session of its own, and returns the exit code for this process.
    ///
    /// Returns 0 when the child lets go, else with the child's own exit code at its end. Signals meanwhile are the child's.
    static func handOver(_ context: CommandContext) throws -> Int32 {
        let signals = try SignalInbox([SIGINT, SIGTERM, SIGQUIT, SIGHUP].filter { !SignalInbox.isIgnored($0) })
        let (child, word) = try start(context)
        while true {
            var polls = [word, signals.descriptor].map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
            guard poll(&polls, nfds_t(polls.count), -1) > 0 else { continue }
            // Before signals: what has let go is not to be stopped by a Ctrl-C that came too late.
            if polls[0].revents != 0 {
                var byte: UInt8 = 0
                let count = retryingInterrupts { read(word.number, &byte, 1) }
                return count > 0 ? 0 : exitCode(child.wait(), context.console)
            }
            // The child takes no notice of closed terminals.
            for arrival in signals.read() { kill(child.id, arrival.number == SIGHUP ? SIGTERM : arrival.number) }
        }
    }

    private static func start(_ context: CommandContext) throws -> (child: ChildProcess, word: Descriptor) {
        let pipe = try Descriptor.pipe()
        var start = ChildProcess.Start(
            executable: context.program, arguments: [context.program] + context.arguments,
            environment: context.environment)
        start.environment[variable] = String(pipe.write.number)
        start.standardOutput = STDOUT_FILENO
        start.standardError = STDERR_FILENO
        start.ownSession = true
        start.deathSignal = SIGTERM
        // Who waits for the end of a descriptor that the shell had open is not to wait for the work.
        start.closesOthers = true
        start.keptDescriptors = [pipe.write.number]
        return (try ChildProcess.start(start), pipe.read)
    }

    private static func exitCode(_ end: ProcessEnd, _ console: Console) -> Int32 {
        if case .signalled(let number) = end {
            console.say("the command was ended before it could go on in the background: signal \(number)")
        }
        return end.shellCode
    }

    // MARK: The child

    /// Takes the pipe's number out of the variables, so that nothing that this process starts takes itself for a
    /// detached command. Nil in a process that no parent waits for.
    static func takeWaitingParent(from environment: inout [String: String]) -> Int32? {
        guard let text = environment.removeValue(forKey: variable) else { return nil }
        unsetenv(variable)
        var status = stat()
        guard let number = Int32(text), number > STDERR_FILENO, fstat(number, &status) == 0,
            status.st_mode & S_IFMT == S_IFIFO, getsid(0) == getpid(), fcntl(number, F_SETFD, FD_CLOEXEC) == 0
        else { return nil }
        return number
    }

    /// Nil in the parent; the handle in the child. To be asked once: the handle owns the pipe. From now on a closed
    /// terminal (SIGHUP) does nothing to the child.
    static func inChild(_ context: CommandContext) -> DetachedSelf? {
        guard let parent = context.waitingParent else { return nil }
        signal(SIGHUP, SIG_IGN)
        return DetachedSelf(parent: Descriptor(owning: parent))
    }

    /// In the child: gives the terminal back; standard output and error go to `log` from now on (appended, mode 0600).
    ///
    /// - Throws: when the log cannot be opened, or the parent is gone: then nobody wants the work any more.
    func letGo(log: String) throws {
        let file = try Descriptor.open(log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        outliveParent()
        // Before the word: whoever waits for the parent may wait for the end of its output too, as $(…) does.
        for stream in [STDOUT_FILENO, STDERR_FILENO] {
            guard dup2(file.number, stream) >= 0 else { throw SystemError("write", log) }
        }
        var word = UInt8(ascii: "\n")
        guard retryingInterrupts({ write(parent.number, &word, 1) }) == 1 else {
            throw Failure("the command was stopped before it could go on in the background", code: .failure)
        }
    }
}
