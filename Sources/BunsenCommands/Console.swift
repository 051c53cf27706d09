import Glibc
import HostSystem

/// Where commands write: data on standard output, everything said to the person on standard error.
package struct Console: Sendable {
    // Asked each time: a command that goes on in the background has other streams from then on.
    package var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    package var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    private let usesColor: Bool

    package init(environment: [String: String]) {
        usesColor = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// Writes data. Ends the program quietly when the reader went away, as `bunsen runs | head` does.
    package func write(_ text: String) {
        write(Array(text.utf8))
    }

    package func write(_ bytes: [UInt8]) {
        guard (try? Self.all(bytes, to: STDOUT_FILENO)) != nil else {
            exit(errno == EPIPE ? 128 + SIGPIPE : ExitCode.inputOutput.rawValue)
        }
    }

    /// Writes data that the command goes on without, such as the name of what it has started.
    package func offer(_ text: String) { try? Self.all(Array(text.utf8), to: STDOUT_FILENO) }

    package func writeLine(_ text: String) { write(text + "\n") }

    /// Copies what a command wrote to its standard error, byte for byte.
    package func copyError(_ bytes: [UInt8]) { try? Self.all(bytes, to: STDERR_FILENO) }

    /// Says a sentence to the person.
    package func say(_ text: String) { try? Self.all(Array("\(text)\n".utf8), to: STDERR_FILENO) }

    package func warn(_ text: String) { say("\(styled("warning:", .yellow)) \(text)") }

    package func report(_ failure: Failure) {
        say("\(styled("error:", .red)) \(failure.message)")
        if let hint = failure.hint { say("\(styled("hint:", .cyan)) \(hint)") }
    }

    /// A line that the next one replaces on a terminal. Elsewhere nothing: the sentences between say enough.
    package func progress(_ text: String) {
        guard errorIsTerminal else { return }
        try? Self.all(Array("\r\u{1b}[K\(text)".utf8), to: STDERR_FILENO)
    }

    package func endProgress() { progress("") }

    package enum Style: String { case red = "31", yellow = "33", cyan = "36", green = "32", bold = "1", dim = "2" }

    /// The text in a style on a standard error that shows colours.
    package func styled(_ text: String, _ style: Style) -> String {
        usesColor && errorIsTerminal ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    /// The text in a style on a standard output that shows colours.
    package func styledData(_ text: String, _ style: Style) -> String {
        usesColor && outputIsTerminal ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    private static func all(_ bytes: [UInt8], to descriptor: Int32) throws {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                retryingInterrupts {
                    Glibc.write(descriptor, buffer.baseAddress?.advanced(by: start), bytes.count - start)
                }
            }
            guard count >= 0 else { throw SystemError("write", "the output") }
            start += count
        }
    }
}
