import ArgumentParser
import Engines
import ExperimentModel
import Glibc
import HostSystem
import RunStore
import Workbench

struct ExecCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command in an open workbench, or beside the command of a run.",
        discussion: """
            It has the same user, variables, limits and GPUs. Its exit code is Bunsen's.

              bunsen exec digits-ssh                      a shell
              bunsen exec digits-ssh -- nvidia-smi
              tar c data | bunsen exec digits-ssh -- tar x
            """)

    @Argument(help: "A workbench, or a run: its id or the beginning of it, its name, or latest.")
    var name: String

    @Option(
        name: [.customShort("e"), .customLong("env")],
        help: "A variable for the command: NAME=value, or NAME for this shell's.")
    var variable: [String] = []

    @Option(name: [.customShort("w"), .customLong("workdir")], help: "Where the command starts, as it sees it.")
    var folder: String?

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after -- (default: a shell).")
    var command: [String] = []

    func run(in context: CommandContext) throws -> Int32 {
        let (engine, container) = try target(context)
        let words = command.isEmpty ? ["/bin/sh", "-c", "exec \"$(command -v bash || echo /bin/sh)\" -l"] : command
        let streams = ContainerStreams(input: STDIN_FILENO, output: STDOUT_FILENO, error: STDERR_FILENO)
        var request = ContainerCommand(words, streams: streams)
        request.variables = try RunSession.variables(variable, from: context.environment)
        request.workingFolder = folder
        request.hasTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
        return try RunSession.explaining(words[0]) { try engine.execute(request, in: container).shellCode }
    }

    private func target(_ context: CommandContext) throws -> (any ContainerEngine, String) {
        if let workbench = WorkbenchReference(name, context) {
            let status = workbench.status(context)
            guard status.isOpen else {
                throw Failure(
                    "the workbench \(name) is not open (\(status.text))",
                    hint: "open it again: bunsen up \(workbench.record.doors.map(\.rawValue).joined(separator: " "))",
                    code: .notNow)
            }
            return (try WorkbenchReference.engine(workbench.record, context), workbench.record.container)
        }
        let folder: RunFolder
        do {
            folder = try Project(context).store.find(name)
        } catch let error as RunStoreError {
            guard case .runNotFound = error else { throw error }
            throw Failure("there is no workbench and no run \(name)", hint: "look at them: bunsen ps", code: .missing)
        }
        let manifest = try folder.readManifest()
        guard folder.isHeld, manifest.end == nil else {
            throw Failure("run \(folder.id.short) is over", hint: "what it printed: bunsen logs \(name)", code: .notNow)
        }
        let catalog = EngineCatalog.ofThisMachine(manifest.gpus, context)
        let engine = try catalog.choose(EngineName(rawValue: manifest.command.engine), need: nil).engine
        return (engine, "bunsen-\(folder.id.text)")
    }
}
