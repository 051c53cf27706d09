import Glibc
import HostSystem

/// Everything a command takes from the world around it. Built once at the entry point and handed down; nothing else
/// reads the environment or the standard streams.
package struct CommandContext: Sendable {
    /// The arguments after the program's name.
    package var arguments: [String]
    package var environment: [String: String]
    package var workingFolder: String
    /// Path of this program, for the commands that a record shows.
    package var program: String
    package var console: Console
    /// The pipe on which a parent waits for the word that this process goes on by itself: see `DetachedSelf`.
    var waitingParent: Int32?

    package static func fromProcess() -> CommandContext {
        var environment = processEnvironment()
        let waitingParent = DetachedSelf.takeWaitingParent(from: &environment)
        return CommandContext(
            arguments: Array(CommandLine.arguments.dropFirst()), environment: environment,
            workingFolder: (try? Files.workingFolder()) ?? "/",
            program: Files.resolved("/proc/self/exe") ?? "bunsen",
            console: Console(environment: environment), waitingParent: waitingParent)
    }

    /// Bunsen's data folder: `$BUNSEN_HOME`, else `bunsen` in the XDG data folder.
    package var home: String {
        if let home = environment["BUNSEN_HOME"], !home.isEmpty { return Files.absolute(home, from: workingFolder) }
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return "\(data)/bunsen" }
        return "\(environment["HOME"] ?? "/root")/.local/share/bunsen"
    }

    /// The path that a person gave, made absolute.
    package func path(_ given: String) -> String {
        if given == "~" || given.hasPrefix("~/"), let home = environment["HOME"] { return home + given.dropFirst() }
        return Files.absolute(given, from: workingFolder)
    }

    /// A path as short as it can be shown: relative to the working folder where it lies below.
    package func shown(_ path: String) -> String {
        path.hasPrefix(workingFolder + "/") ? String(path.dropFirst(workingFolder.utf8.count + 1)) : path
    }
}
