import ArgumentParser
import ExperimentModel
import RunStore

package struct StopCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop runs and workbenches, and wait for their ends.",
        discussion: """
            The command of a run gets SIGTERM, so that it can save its state; after 10 seconds all of its processes get \
            it, and after 10 more SIGKILL. With --time it is killed after that time, and gets nothing before it. The \
            servers of a workbench get SIGTERM, and SIGKILL after 10 seconds or that time; `bunsen up` opens it again.
            """)

    @Argument(help: "Workbenches, and runs: their ids, the beginnings of ids, names, or latest.")
    var references: [String]

    @Option(name: .shortAndLong, help: "Seconds to wait before the command is killed.")
    var time: Int32?

    @OptionGroup var output: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        if let time, time < 0 { throw Failure("--time \(time) is less than 0", code: .usage) }
        // All are looked up before any is stopped: a mistake in the last name stops nothing.
        let targets = try references.map { try target($0, context) }
        for target in targets { try target.request(time: time) }
        let ends = try targets.map { try $0.waitForEnd() }
        if output.format == .text { for end in ends { context.console.say(end.sentence) } }
        try output.print(to: context.console, json: { try RecordCoding.encode(ends) }, text: { "" })
        return 0
    }

    /// What a person means by a reference.
    private func target(_ reference: String, _ context: CommandContext) throws -> any StopTarget {
        if let workbench = WorkbenchReference(reference, context) { return WorkbenchStop(workbench, context) }
        return try runStop(reference, context)
    }

    private func runStop(_ reference: String, _ context: CommandContext) throws -> RunStop {
        RunStop(try Project(context).store.find(reference), context)
    }
}

/// Something that can be stopped.
protocol StopTarget {
    /// Asks it to end, and returns at once. What has ended is left as it is.
    ///
    /// - Parameter time: seconds after which it is killed; nil leaves that to it.
    func request(time: Int32?) throws

    func waitForEnd() throws -> StopEnd
}

/// How something that was stopped has ended.
struct StopEnd: Encodable {
    /// `run` or `workbench`.
    let kind: String
    let id: String
    let status: String
    var exitCode: Int32?
    var reason: String?
    /// For the person.
    let sentence: String

    private enum CodingKeys: String, CodingKey { case kind, id, status, exitCode, reason }
}
