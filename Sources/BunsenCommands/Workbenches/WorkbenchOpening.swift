import ContentStore
import Engines
import ExperimentModel
import GPUDevices
import Glibc
import HostSystem
import ImageBuilder
import RecipeModel
import RunCapture
import Workbench

/// One `bunsen up`: from the request to servers that answer, and then for as long as they do.
final class WorkbenchOpening {
    private let command: UpCommand
    private let context: CommandContext
    private let project: Project
    private let recipe: Recipe?
    private let folder: WorkbenchFolder
    /// Held for as long as the workbench is open.
    private let held: FileLock
    /// Whether there was no workbench of this name before.
    private let isNew: Bool
    private let plan: RunPlan
    private let setting: WorkbenchSetting
    private let control: ControlFolder
    private var record: WorkbenchRecord
    private var keys: [String] = []
    private var server: JupyterServer?
    private var shell: SecureShellServer?

    /// Prepares everything that can fail before something is started.
    init(
        _ command: UpCommand, name: String, folder: WorkbenchFolder, _ project: Project, _ recipe: Recipe?,
        _ context: CommandContext
    ) throws {
        (self.command, self.context, self.project, self.recipe, self.folder) =
            (command, context, project, recipe, folder)
        let idle = try command.idleSeconds()
        let inventory = NVML()?.inventory() ?? []
        plan = try RunPlan(
            command.limits, recipe, need: command.doors.contains(.ssh) ? "ssh" : nil,
            EngineCatalog.ofThisMachine(inventory, context))
        if plan.engine.name == .process, command.doors.contains(.ssh) {
            throw EngineError(
                "open", "ssh", .refused("a plain process has no door of its own: this machine's ssh leads there"),
                hint: "use an engine with containers: --engine docker, podman or runc")
        }
        if Self.isRootInside(plan), command.doors.contains(.ssh) {
            throw EngineError(
                "open", "ssh",
                .refused("in an ordinary user's container of runc that user is called root, whom its ssh lets not in"),
                hint: "use podman or docker: --engine podman")
        }
        try Self.checkTools(command, recipe)
        let wasThere = folder.exists
        isNew = !wasThere
        guard let held = try folder.take() else {
            throw Failure(
                "another bunsen is opening \(name) at this moment", hint: "look at it: bunsen ps", code: .notNow)
        }
        self.held = held
        do {
            if plan.hasContainer { ContainerSweep.run(plan.engine, context.console) }
            if let reason = plan.reason { context.console.say("engine: \(plan.engine.name.rawValue) (\(reason))") }
            setting = try WorkbenchSetting(command, plan, project, recipe, folder, context)
            record = WorkbenchRecord(
                name: name, project: project.folder, doors: Door.allCases.filter(command.doors.contains),
                engine: plan.engine.name.rawValue, container: "bunsen-\(geteuid())-\(name)", user: setting.account.name,
                workspace: setting.workspace, asked: plan.limits)
            record.idle = idle
            record.image = setting.image?.reference
            record.imageDigest = setting.image?.digest.map { "\($0)" }
            control = setting.control
        } catch {
            if !wasThere { try? folder.remove() }
            throw error
        }
    }

    /// Root inside, and outside no more than who started it.
    private static func isRootInside(_ plan: RunPlan) -> Bool { plan.engine.name == .runc && geteuid() != 0 }

    /// A recipe that does not bring a server cannot open it; said before anything is made.
    private static func checkTools(_ command: UpCommand, _ recipe: Recipe?) throws {
        guard command.limits.image == nil, let recipe else { return }
        for door in command.doors {
            let tool: Recipe.Tool = door == .jupyter ? .jupyter : .ssh
            guard !recipe.tools.contains(tool) else { continue }
            throw Failure(
                "this project has no \(tool.rawValue): its recipe does not ask for it",
                hint: "add it to tools in bunsen.yaml, such as tools: [jupyter, ssh]; then: bunsen build", code: .data)
        }
    }

    func run(_ detached: DetachedSelf) throws -> Int32 {
        do {
            let previous = folder.record()
            try prepareDoors(previous)
            let container = try start()
            do {
                try DoorWait(container, record, server: server, shell: shell, log: folder.logPath).run()
                let keeper = try WorkbenchKeeper(
                    container, record, server: server, timeLimit: StopRequest.limit(value:))
                try show()
                try checkDoors()
                try detached.letGo(log: folder.logPath)
                let reason = keeper.stay()
                end(reason)
                return 0
            } catch {
                remove()
                throw error
            }
        } catch {
            // What was there before keeps its home folder.
            if isNew {
                ClientConfiguration(home: context.path("~"), name: record.name).remove()
                try? folder.remove()
            } else {
                record.end = .init(time: .now, reason: "it did not start")
                try? folder.write(record)
            }
            throw error
        }
    }

    // MARK: Before the start

    private func prepareDoors(_ previous: WorkbenchRecord?) throws {
        try control.make()
        let host = command.public ? DoorAddress.everywhere : DoorAddress.loopback
        // Two that open at the same time must not choose the same port; the record is what says that it is taken.
        let choosing = try FileLock.wait("\(WorkbenchFolder.parent(home: context.home))/ports.lock")
        defer { withExtendedLifetime(choosing) {} }
        var taken: Set<Int> = []
        for other in WorkbenchFolder.all(home: context.home) where other != folder {
            guard let record = other.record() else { continue }
            taken.formUnion([record.jupyter?.address.port, record.ssh?.address.port].compactMap { $0 })
        }
        if command.doors.contains(.jupyter) { try prepareJupyter(host, previous, taken) }
        if command.doors.contains(.ssh) { try prepareShell(host, previous, taken) }
        try folder.write(record)
        try folder.noteKeeper()
    }

    private func port(
        _ what: String, asked: Int?, usual: Int, before: Int?, _ host: String, _ taken: Set<Int>
    ) throws -> Int {
        let port = try DoorPort.choose(asked: asked, usual: before ?? usual, host: host, taken: taken)
        if asked == nil, port != before ?? usual {
            context.console.say("port \(before ?? usual) is taken; \(what) gets \(port)")
        }
        return port
    }

    private func prepareJupyter(_ host: String, _ previous: WorkbenchRecord?, _ taken: Set<Int>) throws {
        let port = try port(
            "JupyterLab", asked: command.port, usual: JupyterServer.usualPort, before: previous?.jupyter?.address.port,
            host, taken)
        var server = JupyterServer(
            address: DoorAddress(host: host, port: port), token: AccessToken.random(), folder: setting.workspace)
        server.allowsRoot = Self.isRootInside(plan)
        if plan.engine.name == .process, geteuid() == 0 {
            server.allowsRoot = true
            context.console.warn("JupyterLab will be root, as everything that root starts as a plain process")
            context.console.say("hint: in a container it is not: bunsen up jupyter --engine runc")
        }
        if let certificate = command.certificate, let key = command.certificateKey {
            for (source, name) in [(certificate, "certificate.pem"), (key, "certificate-key.pem")] {
                let bytes = try Files.read(context.path(source), limit: 1 << 20)
                try control.write(bytes, to: name)
            }
            server.certificate = ("certificate.pem", "certificate-key.pem")
        }
        try server.prepare(control)
        self.server = server
        record.jupyter = .init(address: server.address, token: server.token, hasTLS: server.certificate != nil)
    }

    private func prepareShell(_ host: String, _ previous: WorkbenchRecord?, _ taken: Set<Int>) throws {
        let keys = try PublicKeys(
            files: command.key.map(context.path), home: context.path("~"), environment: context.environment)
        context.console.say("keys that may come in: \(keys.lines.count), from \(keys.sources.joined(separator: ", "))")
        self.keys = keys.lines
        let port = try port(
            "ssh", asked: command.sshPort, usual: SecureShellServer.usualPort, before: previous?.ssh?.address.port,
            host, taken)
        let search = context.environment["PATH"] ?? standardSearchPath
        let hostKey = try HostKey.prepare(control, name: "bunsen-\(record.name)", search: search)
        let shell = SecureShellServer(
            address: DoorAddress(host: host, port: port), user: record.user, variables: setting.sessionVariables)
        for name in try shell.prepare(control) {
            context.console.warn("\(name) has more than one line, and will be missing in ssh sessions")
        }
        try SecureShellServer.write(keys: keys.lines, control)
        self.shell = shell
        let door = WorkbenchRecord.SSH(address: shell.address, hostKey: hostKey)
        record.ssh = door
        let client = ClientConfiguration(home: context.path("~"), name: record.name)
        try client.write(door, user: record.user, key: Self.privateKey(of: command.key.first.map(context.path)))
        if command.sshConfig { try client.include() }
    }

    /// `id_work` for `id_work.pub`, where it is there: ssh tries only the usual names by itself.
    private static func privateKey(of file: String?) -> String? {
        guard let file, file.hasSuffix(".pub"), Files.exists(String(file.dropLast(4))) else { return nil }
        return String(file.dropLast(4))
    }

    // MARK: The start

    private func start() throws -> any RunningContainer {
        unlink(folder.logPath)
        let log = try Descriptor.open(folder.logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var request = setting.request(record.container, words, ContainerStreams(output: log.number, error: log.number))
        request.limits = plan.limits
        try plan.engine.check(request)
        // One whose Bunsen was killed may still be there, on an engine with a daemon.
        try? plan.engine.remove(record.container)
        do {
            let container = try plan.engine.start(request)
            record.applied = try? container.appliedLimits()
            try folder.write(record)
            return container
        } catch let error as EngineError {
            guard case .noCommand = error.cause else { throw error }
            let what = record.doors.contains(.jupyter) ? "JupyterLab" : "an ssh server"
            throw Failure(
                "\(record.image ?? "the environment") has no \(what): there is no command \(words[0])",
                hint: "an image of a recipe with tools: [jupyter, ssh] has both: bunsen build", code: .data)
        }
    }

    /// The servers; where there are two, a shell starts the second beside the first.
    private var words: [String] {
        let jupyter = server?.command(control)
        let ssh = shell?.command(control)
        guard let jupyter, let ssh else { return jupyter ?? ssh ?? [] }
        return ["/bin/sh", "-c", "\(ShellQuoting.line(ssh)) & exec \(ShellQuoting.line(jupyter))"]
    }

    private func show() throws {
        context.console.say("\(record.name) is open, on \(plan.engine.name.rawValue)")
        try WorkbenchAccess(record, context).show(command.format)
        guard command.public else { return }
        let doors = [
            record.jupyter.map { "JupyterLab at port \($0.address.port)\($0.hasTLS ? "" : ", without TLS")" },
            record.ssh.map { "ssh at port \($0.address.port)" },
        ]
        context.console.warn(
            "everybody who can reach this machine reaches \(doors.compactMap { $0 }.joined(separator: " and "))")
    }

    private func checkDoors() throws {
        let check = DoorCheck(
            record, on: plan.engine, control: control, variables: Array(setting.sessionVariables.keys),
            search: context.environment["PATH"] ?? standardSearchPath)
        var fine: [String] = []
        var isSame = true
        try check.run(keys: keys) { finding in
            if finding.problems.isEmpty { fine.append(finding.passage.rawValue) }
            isSame = isSame && finding.problems.isEmpty
            for problem in finding.problems { context.console.warn("\(finding.passage.rawValue): \(problem)") }
            if finding.passage == .loginShell, !finding.problems.isEmpty, setting.image != nil {
                context.console.say("hint: look at what its login shells read, such as \(folder.homePath)/.profile")
            }
        }
        let doors = fine.joined(separator: ", ")
        context.console.say(
            isSame ? "same variables, limits and GPUs behind every door: \(doors)" : "as they have to be: \(doors)")
    }

    // MARK: The end

    private func remove() {
        do {
            try plan.engine.remove(record.container)
        } catch {
            context.console.warn(
                "the container \(record.container) is left: \(error); bunsen down \(record.name) removes it")
        }
    }

    private func end(_ reason: String) {
        remove()
        // A token that opens nothing any more, and variables that may be secret.
        JupyterServer.forget(control)
        SecureShellServer.forget(control)
        record.end = .init(time: .now, reason: reason)
        try? folder.write(record)
    }
}
