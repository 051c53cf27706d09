import Glibc

/// Another command for a container that runs.
package struct ContainerCommand: Sendable {
    /// The program and its arguments.
    package var command: [String]
    /// Over those of the container.
    package var variables: [String: String] = [:]
    /// Absolute path, as the command sees it; nil is that of the container.
    package var workingFolder: String?
    package var streams: ContainerStreams
    /// The streams are this process's terminal. The command gets a terminal too, which follows the size of this one;
    /// what is typed, Ctrl-C too, goes to the command. Afterwards the terminal is as it was.
    package var hasTerminal = false

    package init(_ command: [String], streams: ContainerStreams) {
        self.command = command
        self.streams = streams
    }

    /// With the kind of the terminal, which the container cannot know.
    var allVariables: [String: String] {
        var all = variables
        if hasTerminal, all["TERM"] == nil { all["TERM"] = getenv("TERM").map { String(cString: $0) } ?? "xterm" }
        return all
    }
}
