/// Exit codes of Bunsen's own failures (`sysexits.h` where it has one). `bunsen run` exits with the command's own code,
/// and follows Docker's where it could not run the command: 125, 126, 127.
package enum ExitCode: Int32, Sendable, CaseIterable {
    case failure = 1
    /// The command line is not understood.
    case usage = 64
    /// A recipe, a lock or an entry has something wrong in it.
    case data = 65
    /// A file, a run or a recipe that was named does not exist.
    case missing = 66
    /// The network, an index or a tool is not available.
    case unavailable = 69
    /// A file cannot be read or written.
    case inputOutput = 74
    /// Something else keeps the command from going on now, such as a run that is still running.
    case notNow = 75
    /// `bunsen run`: Bunsen could not prepare the run.
    case notPrepared = 125
    /// `bunsen run`: the command was found and cannot be executed.
    case notExecutable = 126
    /// `bunsen run`: there is no such command.
    case commandNotFound = 127
}

/// What a command says when it cannot do what it was asked: what, where and why, then what to do.
package struct Failure: Error, Sendable, CustomStringConvertible {
    package var message: String
    package var hint: String?
    package var code: ExitCode

    package init(_ message: String, hint: String? = nil, code: ExitCode = .failure) {
        self.message = message
        self.hint = hint
        self.code = code
    }

    package var description: String { message }
}
