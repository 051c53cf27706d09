import Glibc
import HostSystem

/// Hands on to a command what this process is told to do by signals, for as long as the command runs. Until it is let go
/// of, those signals do nothing here.
struct SignalRelay {
    private let signals: SignalInbox
    /// A terminal's own signals reach the command without us.
    private let sharesTerminal: Bool

    init(_ command: ContainerCommand) throws {
        var numbers = [SIGINT, SIGTERM, SIGQUIT]
        // Under nohup a closed terminal is to be survived.
        if !SignalInbox.isIgnored(SIGHUP) { numbers.append(SIGHUP) }
        if command.hasTerminal { numbers.append(SIGWINCH) }
        signals = try SignalInbox(numbers)
        sharesTerminal = command.hasTerminal || command.streams.isForeground
    }

    var descriptor: Int32 { signals.descriptor.number }

    /// The signals that came since the last call and that the command has not got by itself.
    func read() -> [Int32] {
        signals.read().filter { !($0.fromTerminal && sharesTerminal) }.map(\.number)
    }

    /// Waits for a command that is a child of this process.
    func wait(for child: ContainerChild) throws -> ContainerEnd {
        let ended = try EndOfThread()
        let waiting = BackgroundThread {
            defer { ended.tell() }
            return child.wait()
        }
        while true {
            var polls = [descriptor, ended.notice.number].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&polls, nfds_t(polls.count), -1) > 0 else { continue }
            for number in read() { try child.signal(number) }
            if polls[1].revents != 0 { return try waiting.join() }
        }
    }
}

/// Tells that a thread has done its work.
final class EndOfThread: @unchecked Sendable {
    /// Becomes readable then.
    let notice: Descriptor
    private var other: Descriptor?

    init() throws {
        let pipe = try Descriptor.pipe()
        notice = pipe.read
        other = pipe.write
    }

    /// To be called by that thread alone.
    func tell() { other = nil }
}
