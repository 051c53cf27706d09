import ArgumentParser
import ExperimentModel
import HostSystem
import RunCapture
import RunStore

package struct RunCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command in the locked environment, tracked, and write its entry.",
        discussion: """
            The command needs no change. Its exit code is Bunsen's. Without a bunsen.yaml the Python of this shell is used.

              bunsen run -- python train.py --lr 3e-4
              bunsen run -P lr=3e-4 train.ipynb
              bunsen run --detach -- python train.py     goes on: bunsen attach, logs -f, stop
              bunsen run --name warmup --data ./data -- torchrun --nproc_per_node 2 train.py
            """)

    @Option(name: .long, help: "The run's name (default: the recipe's).")
    var name: String?

    @Option(name: .long, help: "A folder or file of data, recorded with a digest of its content. May be repeated.")
    var data: [String] = []

    @Option(name: .customShort("P"), help: "A hyperparameter to record: name=value. May be repeated.")
    var parameter: [String] = []

    @Option(name: .long, help: "A YAML, JSON or TOML file of hyperparameters to record. May be repeated.")
    var params: [String] = []

    @Option(
        name: [.customShort("e"), .customLong("env")],
        help: "A variable for the command: NAME=value, or NAME for this shell's.")
    var variable: [String] = []

    @OptionGroup var secrets: SecretOptions

    @Option(name: .long, help: "A further folder in which result files appear. May be repeated.")
    var watch: [String] = []

    @Option(name: .long, help: "Run in the environment of a variant of the recipe, with its variables.")
    var variant: String?

    @OptionGroup var limits: LimitOptions

    @Option(name: .long, help: "The seed of Python's hashes, set for the command (default: the recipe's).")
    var seed: Int64?

    @Option(name: .long, help: "Language of the entry: en or zh (default: the recipe's).")
    var language: String?

    @Flag(name: .long, help: "Fail when recipe and lock disagree, instead of locking again.")
    var locked = false

    @Flag(name: .long, help: "Do not write an entry; `bunsen record` can do it later.")
    var noEntry = false

    @Flag(name: .shortAndLong, help: "Go on in the background once the command runs, and print the run's id.")
    var detach = false

    @Argument(help: "A notebook to execute. -P sets what its cell with the tag \"parameters\" assigns.")
    var notebook: String?

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        if let notebook { return try withNotebook(notebook).run(in: context) }
        guard !command.isEmpty else {
            throw Failure(
                "there is no command to run", hint: "put it after two dashes: bunsen run -- python train.py",
                code: .usage)
        }
        let detached = DetachedSelf.inChild(context)
        if detach, detached == nil { return try DetachedSelf.handOver(context) }
        let session = try preparing { try RunSession(request: self, context: context) }
        let end = try session.supervise(detached)
        return session.finish(end)
    }

    /// `bunsen run train.ipynb` is short for `bunsen run -- train.ipynb`.
    private func withNotebook(_ word: String) throws -> RunCommand {
        guard NotebookCommand.isNotebook(word), command.isEmpty else {
            throw Failure(
                command.isEmpty ? "\(word) is no notebook" : "there are a notebook (\(word)) and a command",
                hint: "put a command after two dashes: bunsen run -- python train.py", code: .usage)
        }
        var request = self
        request.notebook = nil
        request.command = [word]
        return request
    }

    /// What goes wrong before the command starts is Bunsen's own failure, and told apart by its exit code.
    private func preparing<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch var failure as Failure {
            if failure.code == .inputOutput || failure.code == .failure { failure.code = .notPrepared }
            throw failure
        } catch {
            guard var failure = Failure(explaining: error) else { throw error }
            if failure.code == .inputOutput || failure.code == .failure { failure.code = .notPrepared }
            throw failure
        }
    }
}
