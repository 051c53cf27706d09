import ArgumentParser
import ExperimentModel
import GPUDevices
import Glibc
import HostSystem
import RecipeModel
import Resolver

package struct InitCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a bunsen.yaml that works on this machine.",
        discussion:
            "Asks nothing. Looks at the GPU's driver, the installed Pythons, requirements.txt and pyproject.toml.")

    @Option(name: .long, help: "The experiment's name (default: the folder's).")
    var name: String?

    @Option(name: .long, help: "Release of torch, such as 2.8.")
    var torch: String?

    @Option(name: .long, help: "CUDA of the build, such as 12.8, or cpu.")
    var cuda: String?

    @Option(name: .long, help: "Version of Python, such as 3.12.")
    var python: String?

    @Option(name: .long, help: "A requirements file or a pyproject.toml with the packages.")
    var from: String?

    @Option(name: .long, help: "Language of the entries: en or zh.")
    var language: String?

    @Flag(name: .long, help: "Replace a bunsen.yaml that is there.")
    var force = false

    @OptionGroup var output: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let path = "\(context.workingFolder)/\(Recipe.fileName)"
        if Files.exists(path), !force {
            throw Failure(
                "there is a bunsen.yaml here already", hint: "change it, or replace it with --force", code: .notNow)
        }
        let wishes = try self.wishes(context)
        let console = context.console
        let resolver = Resolver(home: context.home, environment: context.environment) { console.progress($0) }
        let findings = resolver.findings(folder: context.workingFolder, driver: NVML()?.inventory().first?.driver)
        console.endProgress()
        let draft: RecipeDraft
        do {
            draft = try RecipeDraft(wishes: wishes, findings: findings)
        } catch {
            throw Failure(error.reason, hint: error.hint, code: .usage)
        }
        try Files.write(draft.text, to: path)
        for notice in draft.notices { console.say("note: \(notice)") }
        try output.print(
            to: console,
            json: { try RecordCoding.encode(["recipe": path]) },
            text: { draft.text })
        console.say("wrote \(context.shown(path)); next: bunsen run -- python train.py")
        return 0
    }

    private func wishes(_ context: CommandContext) throws -> RecipeDraft.Wishes {
        var wishes = RecipeDraft.Wishes()
        if let name {
            guard RecipeReader.isName(name) else {
                throw Failure("--name \(name) is not a name", hint: "use letters, digits, - _ and .", code: .usage)
            }
            wishes.name = name
        }
        wishes.torch = try parse("--torch", torch, "2.8") { TorchVersion($0) }
        wishes.python = try parse("--python", python, "3.12") { PythonVersion($0) }
        wishes.cuda = try parse("--cuda", cuda, "12.8 or cpu") { text in
            text == "cpu" ? ComputeTarget.cpu : CUDAVersion(text).map(ComputeTarget.cuda)
        }
        wishes.language = try parse("--language", language, "en or zh") { Recipe.Record.Language(rawValue: $0) }
        if let from {
            guard Files.exists(context.path(from)) else {
                throw Failure("--from \(from) does not exist", hint: "look at the path", code: .missing)
            }
            wishes.from = from
        }
        return wishes
    }

    private func parse<Value>(_ option: String, _ text: String?, _ form: String, _ read: (String) -> Value?) throws
        -> Value?
    {
        guard let text else { return nil }
        guard let value = read(text) else {
            throw Failure("\(option) \(text) is not understood", hint: "write it like \(form)", code: .usage)
        }
        return value
    }
}
