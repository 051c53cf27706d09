import ArgumentParser
import Glibc

/// A command that gets its surroundings handed in.
package protocol ContextualCommand: ParsableCommand {
    /// Does the work. Returns the exit code; throws `Failure`, or an error of the modules below.
    func run(in context: CommandContext) throws -> Int32
}

/// `bunsen` and its commands.
package struct CommandLineTool: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "bunsen",
        abstract: "The lab bench for PyTorch: pins the environment, tracks the run, writes the record.",
        discussion: """
            Start here:
              bunsen init                     writes bunsen.yaml
              bunsen run -- python train.py   runs it, tracked, and leaves an entry in log/
              bunsen runs                     lists what was run
              bunsen up jupyter               opens a workbench
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(name: "Environment", subcommands: [InitCommand.self, LockCommand.self]),
            CommandGroup(
                name: "Images",
                subcommands: [
                    BuildCommand.self, ImageCommand.self, ExportCommand.self, LoginCommand.self, LogoutCommand.self,
                ]),
            CommandGroup(
                name: "Runs",
                subcommands: [
                    RunCommand.self, AttachCommand.self, StopCommand.self, RunsCommand.self, ShowCommand.self,
                    LogsCommand.self, NoteCommand.self, RecordCommand.self, RemoveCommand.self,
                ]),
            CommandGroup(
                name: "Workbenches",
                subcommands: [UpCommand.self, PsCommand.self, ExecCommand.self, DownCommand.self]),
            CommandGroup(name: "This machine", subcommands: [DoctorCommand.self]),
            CommandGroup(name: "Files", subcommands: [InspectCommand.self, StoreCommand.self]),
        ])

    package init() {}

    /// Parses the arguments, runs the command they name and exits.
    package static func main(context: CommandContext) -> Never {
        // A reader that goes away is an error of write(2), not the end of a tracked run.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot(context.arguments)
            guard let contextual = command as? any ContextualCommand else {
                try command.run()
                Glibc.exit(EXIT_SUCCESS)
            }
            Glibc.exit(try contextual.run(in: context))
        } catch let failure as Failure {
            context.console.endProgress()
            context.console.report(failure)
            Glibc.exit(failure.code.rawValue)
        } catch {
            guard let failure = Failure(explaining: error) else { exit(withError: error) }
            context.console.endProgress()
            context.console.report(failure)
            Glibc.exit(failure.code.rawValue)
        }
    }
}
