import ArgumentParser
import Engines
import ExperimentModel
import HostSystem
import RecipeModel
import Workbench

struct UpCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Open a workbench of the project: JupyterLab, ssh, or both.",
        discussion: """
            It goes on when this terminal is closed, until `bunsen stop` ends it. What is below the project, and its home
            folder, stays on this machine.

              bunsen up jupyter
              bunsen up ssh --memory 32g --gpus 1
              bunsen up jupyter ssh --idle 2h
            """)

    @Argument(help: "jupyter, ssh, or both.")
    var doors: [Door] = []

    @Option(name: .long, help: "The workbench's name (default: the recipe's, and what it is).")
    var name: String?

    @OptionGroup var limits: LimitOptions

    @Option(
        name: [.customShort("e"), .customLong("env")],
        help: "A variable for the workbench: NAME=value, or NAME for this shell's.")
    var variable: [String] = []

    @OptionGroup var secrets: SecretOptions

    @Option(name: .long, help: "Use the environment of a variant of the recipe, with its variables.")
    var variant: String?

    @Option(name: .long, help: "JupyterLab's port (default: 8888, or the first free one after it).")
    var port: Int?

    @Option(name: .long, help: "The port of ssh (default: 2222, or the first free one after it).")
    var sshPort: Int?

    @Option(
        name: .long,
        help: "A file of public keys that may come in (default: those in ~/.ssh and in your agent). May be repeated.")
    var key: [String] = []

    @Flag(name: .long, help: "Let ~/.ssh/config include what bunsen writes, so that `ssh NAME` works. Once is enough.")
    var sshConfig = false

    @Option(name: .long, help: "End it when nobody has used it for so long, such as 90m or 12h.")
    var idle: String?

    @Flag(name: .long, help: "Listen on all addresses of this machine, not on loopback alone.")
    var `public` = false

    @Option(name: .long, help: "A certificate for JupyterLab, as a PEM file: what --public needs.")
    var certificate: String?

    @Option(name: .long, help: "The key of the certificate, as a PEM file.")
    var certificateKey: String?

    @Flag(name: .long, help: "With --public: without a certificate, for everybody on the way to read.")
    var withoutTls = false

    @Flag(name: .long, help: "Fail when recipe and lock disagree, instead of locking again.")
    var locked = false

    @OptionGroup var format: FormatOption

    func validate() throws {
        guard !doors.isEmpty else {
            throw ValidationError("say what to open: bunsen up jupyter, or bunsen up ssh, or both")
        }
        guard Set(doors).count == doors.count else { throw ValidationError("each of jupyter and ssh once") }
        if (certificate == nil) != (certificateKey == nil) {
            throw ValidationError("--certificate and --certificate-key go together")
        }
        if !key.isEmpty || sshPort != nil || sshConfig, !doors.contains(.ssh) {
            throw ValidationError("--key, --ssh-port and --ssh-config are for ssh")
        }
        if port != nil || certificate != nil, !doors.contains(.jupyter) {
            throw ValidationError("--port and --certificate are for jupyter; the port of ssh is --ssh-port")
        }
        if withoutTls, !`public` { throw ValidationError("--without-tls has a meaning with --public only") }
        if doors.contains(.jupyter), `public`, certificate == nil, !withoutTls {
            throw ValidationError(
                """
                --public opens JupyterLab, and with it a shell on this machine, to everybody who can reach it and \
                learns its token, and without a certificate the token can be read on the way
                hint: give it one (--certificate FILE --certificate-key FILE), or reach it through ssh without --public; \
                if the network is yours alone: --without-tls
                """)
        }
    }

    func run(in context: CommandContext) throws -> Int32 {
        let project = Project(context)
        let recipe = try project.recipe()
        let name = try WorkbenchName.check(self.name ?? defaultName(recipe, project))
        let folder = WorkbenchFolder(home: context.home, name: name)
        if folder.isKept, let record = folder.record() {
            context.console.say("\(name) is open since \(record.started.rfc3339)")
            try WorkbenchAccess(record, context).show(format)
            return 0
        }
        guard let detached = DetachedSelf.inChild(context) else { return try DetachedSelf.handOver(context) }
        let opening = try WorkbenchOpening(self, name: name, folder: folder, project, recipe, context)
        return try opening.run(detached)
    }

    private func defaultName(_ recipe: Recipe?, _ project: Project) -> String {
        let plain = recipe?.plainName ?? "workbench"
        return String(doors.count == 1 ? "\(plain)-\(doors[0].rawValue)" : plain)
    }

    /// Seconds of `--idle`.
    func idleSeconds() throws -> Double? {
        guard let idle else { return nil }
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let unit = idle.last.flatMap({ units[$0] }), let number = Double(idle.dropLast()), number > 0,
            number.isFinite, number * unit <= 366 * 86400
        else {
            throw Failure("--idle \(idle) is no time", hint: "a number and s, m, h or d, such as 90m", code: .usage)
        }
        return number * unit
    }
}

extension Door: ExpressibleByArgument {}
