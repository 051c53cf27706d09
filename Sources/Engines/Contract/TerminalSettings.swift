import CHostSystem
import Glibc
import HostSystem

/// How a terminal was set when this was made, and again when this is let go of.
final class TerminalSettings {
    private let number: Int32
    private let settings: termios

    /// Nil where the descriptor is no terminal.
    init?(of descriptor: Int32?) {
        var settings = termios()
        guard let descriptor, tcgetattr(descriptor, &settings) == 0 else { return nil }
        number = descriptor
        self.settings = settings
    }

    deinit {
        var settings = settings
        // A process in the background would be stopped for it.
        var output = sigset_t()
        var previous = sigset_t()
        sigemptyset(&output)
        sigaddset(&output, SIGTTOU)
        pthread_sigmask(SIG_BLOCK, &output, &previous)
        tcsetattr(number, TCSANOW, &settings)
        pthread_sigmask(SIG_SETMASK, &previous, nil)
    }

    /// From now on every key is a byte that is read at once, and every byte that is written is shown as it is.
    func makeRaw() throws {
        var raw = settings
        cfmakeraw(&raw)
        guard tcsetattr(number, TCSANOW, &raw) == 0 else { throw SystemError("set", "the terminal") }
    }

    struct Size: Equatable {
        var rows: UInt16
        var columns: UInt16
    }

    /// Nil where it is not known.
    var size: Size? {
        var size = winsize()
        guard ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return nil }
        return Size(rows: size.ws_row, columns: size.ws_col)
    }

    /// The terminal of a command's streams, where it has one.
    ///
    /// - Throws: `EngineError` where a terminal was promised and there is none.
    static func ofStreams(_ command: ContainerCommand) throws -> TerminalSettings? {
        guard command.hasTerminal else { return nil }
        guard let settings = TerminalSettings(of: command.streams.input), isatty(command.streams.output ?? -1) == 1
        else {
            throw EngineError(
                "give a terminal to", command.command.first ?? "a command",
                .refused("input and output are no terminal here"), hint: "leave -t out")
        }
        return settings
    }
}
