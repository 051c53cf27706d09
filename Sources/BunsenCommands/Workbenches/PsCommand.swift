import ArgumentParser
import ExperimentModel
import HostSystem

struct PsCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps",
        abstract: "List your workbenches, and the runs that are going on.",
        discussion: """
            With --all those of everybody on this machine, as far as the system shows them: who, what, since when, GPUs \
            and memory.
            """)

    @Flag(name: .shortAndLong, help: "Everybody's, not yours alone.")
    var all = false

    @OptionGroup var format: FormatOption

    func run(in context: CommandContext) throws -> Int32 {
        let sessions = SessionList(everybody: all, context).sessions
        try format.print(
            to: context.console, json: { try RecordCoding.encode(sessions) }, text: { table(sessions) })
        if sessions.isEmpty, format.format == .text {
            context.console.say(
                all
                    ? "nobody uses bunsen on this machine now"
                    : "nothing is open\nhint: bunsen up jupyter, or bunsen up ssh")
        }
        return 0
    }

    private func table(_ sessions: [Session]) -> String {
        guard !sessions.isEmpty else { return "" }
        var table = TextTable(
            header: ["NAME"] + (all ? ["USER"] : []) + ["WHAT", "ENGINE", "STATUS", "SINCE", "GPUS", "MEMORY"],
            rightAligned: [all ? 7 : 6])
        for session in sessions {
            table.append(
                [session.name ?? "–"] + (all ? [session.user] : []) + [
                    session.what, session.engine ?? "–", session.status,
                    session.since.map { String($0.prefix(16)).split(separator: "T").joined(separator: " ") }
                        ?? "–",
                    session.gpus ?? "–", session.memory.map(ReadableNumber.size) ?? "–",
                ])
        }
        return table.text
    }
}
