import Engines
import ExperimentModel
import GPUDevices
import Glibc
import HostSystem
import MetricText
import RecipeModel
import Resolver
import RunCapture
import RunStore

/// One `bunsen run`, from the request to the entry.
final class RunSession {
    private let request: RunCommand
    private let context: CommandContext
    private let project: Project
    private let recipe: Recipe?
    private let redaction: Redaction
    private let folder: RunFolder
    private let journal: JournalWriter
    private var command: RunSupervisor.Command
    private let gpus: NVML?
    /// Held for as long as the command runs, so that nobody prunes its environment.
    private let locked: LockedEnvironment?
    private let patterns: [MetricPattern]
    private var manifest: RunManifest

    /// Prepares everything that can fail before the command starts. No run folder is made before all of it is known to
    /// be right.
    init(request: RunCommand, context: CommandContext) throws {
        self.request = request
        self.context = context
        project = Project(context)
        recipe = try project.recipe()
        patterns = try (recipe?.record.patterns ?? []).map(MetricPattern.init)
        gpus = NVML()
        let inventory = gpus?.inventory() ?? []
        let plan = try RunPlan(request.limits, recipe, EngineCatalog.ofThisMachine(inventory, context))

        let variant = try Self.variant(request.variant, of: recipe, inContainer: plan.hasContainer, context)
        let notebook = try Self.notebook(request.command, plan, context)
        if plan.hasContainer { ContainerSweep.run(plan.engine, context.console) }
        if let reason = plan.reason { context.console.say("engine: \(plan.engine.name.rawValue) (\(reason))") }

        let secrets = try request.secrets.values(besides: request.variable, context)
        let given = try secrets.merging(Self.variables(request.variable, from: context.environment)) { $1 }
            .merging(variant?.environment ?? [:]) { given, _ in given }
            .merging(recipe?.run.environment ?? [:]) { given, _ in given }
        let id = Self.newID()
        let seed = request.seed ?? recipe?.run.seed
        var environment: [String: String]
        var container: ContainerRequest
        let image: RunImage?
        let lock: Lock?
        if plan.hasContainer {
            locked = nil
            lock = try LockedEnvironment.lock(project, recipe, variant: variant, mustAgree: request.locked, context)
            let chosen = try RunImage.chosen(request.limits.image, project, lock, variant: variant?.name, context)
            let setting = try ContainerSetting(
                project, recipe, volumes: request.limits.volume, data: request.data, context)
            let prepared = try plan.engine.prepare(chosen.environment) { context.console.say($0) }
            // Those of the image are below; here are those that are given over them.
            var variables = ContainerSetting.userVariables.merging(given) { $1 }
            environment = prepared.variables.merging(variables) { $1 }
            let known = environment
            Self.complete(&environment, id: id, seed: seed)
            for (name, value) in environment where known[name] != value { variables[name] = value }
            container = ContainerRequest(
                name: "bunsen-\(id.text)", environment: prepared, command: request.command, variables: variables,
                workingFolder: setting.workingFolder, streams: ContainerStreams())
            container.mounts = setting.mounts
            container.identity = setting.identity
            container.network = request.limits.network ?? .host
            image = chosen
        } else {
            (image, lock) = (nil, nil)
            locked = try LockedEnvironment.prepare(
                project, recipe, variant: variant, mustAgree: request.locked, context)
            environment = locked?.environment(from: context.environment) ?? context.environment
            environment.merge(given) { $1 }
            Self.complete(&environment, id: id, seed: seed)
            if let devices = try ProcessEngine.visibleDevices(plan.limits.gpus, of: inventory) {
                environment["CUDA_VISIBLE_DEVICES"] = devices
            }
            var started = request.command
            if let notebook {
                started = try Self.arguments(
                    of: notebook, request, runFolder: project.store.folder(of: id).path, environment,
                    hasRecipe: recipe != nil, secrets: secrets.keys.sorted(), context)
            }
            // Before a run folder is made.
            let path = environment["PATH"] ?? ""
            _ = try Self.explaining(started[0]) {
                try ProcessEngine.executable(started, searchPath: path, from: context.workingFolder)
            }
            container = ContainerRequest(
                name: "bunsen-\(id.text)", environment: .machine, command: started, variables: environment,
                workingFolder: context.workingFolder, streams: ContainerStreams())
        }
        container.limits = plan.limits
        try plan.engine.check(container)
        redaction = Redaction(
            environment: context.environment.merging(environment) { $1 }, secrets: Array(secrets.values))
        container.secrets = Set(secrets.keys)
        command = RunSupervisor.Command(container, on: plan.engine)
        command.secrets = Array(secrets.values)
        manifest = RunManifest(
            id: id, name: request.name ?? recipe?.name ?? Self.usableName(project.folder), started: .now,
            command: RunManifest.Command(
                arguments: redaction.redacted(arguments: request.command), workingFolder: context.workingFolder,
                variables: RecordedVariables.select(
                    from: environment, given: Set(given.keys), redaction: redaction),
                line: ShellQuoting.line(["bunsen"] + SecretOptions.recorded(context.arguments, redaction)),
                engine: plan.engine.name.rawValue),
            project: project.folder, host: .current())
        manifest.notebook = notebook.map { .init(path: request.command[0], executed: $0.executed) }
        if let path = project.recipePath, let digest = try project.recipeDigest() {
            manifest.recipe = .init(path: path, digest: digest)
        }
        if let locked {
            manifest.environment = locked.reference
            manifest.torch = locked.torch
        } else if let image {
            Self.describe(container, image, lock, recipe, plan.engine, redaction, in: &manifest)
            if let warning = image.warning {
                manifest.warnings.append(warning)
                context.console.warn(warning)
            }
        } else {
            manifest.environment = Self.hostEnvironment(
                environment, command: request.command, from: context.workingFolder)
        }
        manifest.gpus = inventory
        if !plan.limits.isEmpty { manifest.limits = .init(asked: plan.limits) }
        if manifest.gpus.isEmpty, manifest.torch?.cuda != nil {
            // A recipe with `cuda: cpu` wants it so; the entry says it in any case.
            let warning = "torch is a CUDA build, and no GPU is visible on this machine: the CPU is used"
            manifest.warnings.append(warning)
            context.console.warn(warning)
        }
        manifest.primary = recipe?.record.primary
        manifest.language = try Self.language(request.language) ?? recipe?.record.language.rawValue ?? "en"
        let words = ParameterText(arguments: request.command)
        manifest.parameters = try Self.parameters(request, words, redaction, context)
        manifest.worldSize = words.launcher?.worldSize ?? environment["WORLD_SIZE"].flatMap { Int($0) }
        for path in request.data { manifest.data.append(try Self.digest(of: path, context)) }

        let snapshot = try SourceSnapshot.take(
            of: project.folder, excluded: ["log", ".bunsen"], environment: context.environment, redaction: redaction)
        manifest.source = snapshot?.state

        folder = try project.store.makeFolder(for: id)
        journal = try JournalWriter(folder.journalPath)
        try RunEnvironmentFolder(folder.environmentPath).fill(
            project: project, pylock: locked?.pylockName ?? lock?.pylockName, patch: snapshot?.patch ?? [],
            packages: locked?.packageList ?? lock.map(Self.packageList))
        if !(snapshot?.patch.isEmpty ?? true) { manifest.source?.patch = "environment/uncommitted.patch" }
        if notebook != nil { try Files.makeFolder("\(folder.path)/\(NotebookCommand.folderName)") }
        if plan.hasContainer {
            // Whoever comes after us finds out by its lock whether somebody still stays with the container.
            command.request.labels[ContainerSweep.label] = folder.journalPath
        }
        manifest.supervisor = ProcessIdentity.current
        try folder.write(manifest)
    }

    /// Runs the command and stays with it.
    ///
    /// - Parameter detached: gives the terminal back when the command runs.
    func supervise(_ detached: DetachedSelf? = nil) throws -> RunEnd {
        let console = context.console
        let points = RunJournal(journal, redaction: redaction)
        let recorder = try RunRecorder(
            journal: points, outputPath: folder.outputPath, printed: PrintedLines(patterns: patterns, journal: points),
            results: ResultFileFollower(
                finder: ResultFileFinder(
                    roots: [context.workingFolder] + notebookFolder + request.watch.map(context.path),
                    since: manifest.started.seconds,
                    excluded: Set([project.logbook] + request.data.map(context.path))),
                media: MediaFolder(runFolder: folder.path)),
            sampler: SystemSampler(root: getpid(), gpus: gpus),
            voice: .init(say: { console.say("bunsen: \($0)") }, warn: { console.warn($0) }))
        do {
            let supervisor = try RunSupervisor(
                command: command, recorder: recorder, showsOutput: detached == nil)
            let end = try Self.explaining(request.command[0]) {
                try supervisor.run(inspection: inspection()) {
                    if let detached { try letGo(detached) }
                }
            }
            manifest.limits?.applied = supervisor.appliedLimits
            manifest.warnings += recorder.warnings
            removeContainer()
            return end
        } catch {
            // The command never ran: there is no run to tell of.
            try? Files.remove(folder.path)
            throw error
        }
    }

    /// Where a notebook runs, and its result files appear, where that is not below the working folder.
    private var notebookFolder: [String] {
        guard manifest.notebook != nil, let folder = Files.parent(of: context.path(request.command[0])),
            folder != context.workingFolder, !folder.hasPrefix(context.workingFolder + "/")
        else { return [] }
        return [folder]
    }

    /// The command runs: says how to find it again, and gives the terminal back.
    private func letGo(_ detached: DetachedSelf) throws {
        let id = manifest.id.short
        context.console.offer("\(manifest.id)\n")
        context.console.say(
            "run \(id) goes on in the background: bunsen attach \(id), bunsen logs -f \(id), bunsen stop \(id)")
        try detached.letGo(log: folder.supervisorLogPath)
    }

    private func removeContainer() {
        guard command.engine.name != .process else { return }
        do {
            try command.engine.remove(command.request.name)
        } catch {
            context.console.warn(
                "the container \(command.request.name) is left: \(error); the next run on "
                    + "\(command.engine.name.rawValue) removes it")
        }
    }

    /// Completes the record and writes the entry. Returns the exit code.
    func finish(_ end: RunEnd) -> Int32 {
        manifest.end = end
        manifest.supervisor = nil
        Self.complete(&manifest, from: NotebookReport(runFolder: folder.path), redaction: redaction)
        let end = manifest.end ?? end
        var reading: JournalReading?
        do {
            let journal = try JournalReading(folder)
            reading = journal
            RunSummary.complete(&manifest, from: journal, redaction: redaction)
        } catch {
            context.console.warn("the journal of this run cannot be read: \(error)")
        }
        do {
            try folder.write(manifest)
        } catch {
            context.console.warn(
                "the end of this run could not be written (\(error)); `bunsen runs` shows it as interrupted")
        }
        context.console.say(manifest.sentence(for: end, context.console))
        if !request.noEntry {
            do {
                let entry = try EntryWriting.write(
                    folder, manifest, reading, logbook: project.logbook, force: false, redaction: redaction)
                context.console.say("entry: \(context.shown(entry))")
            } catch {
                let failure = Failure(explaining: error)
                context.console.warn("the entry could not be written: \(failure?.message ?? "\(error)")")
                context.console.say("hint: \(failure?.hint ?? "mend that, then: bunsen record \(manifest.id.short)")")
            }
        }
        return end.shellCode
    }

    /// nvidia-smi's own words, gathered while the command already runs.
    private func inspection() -> SideCommand? {
        guard
            let path = findExecutable(
                "nvidia-smi", searchPath: context.environment["PATH"] ?? "", from: context.workingFolder)
        else { return nil }
        let target = "\(folder.environmentPath)/nvidia-smi.txt"
        return SideCommand(Tool(executable: path, environment: context.environment), arguments: []) { text in
            if !text.isEmpty { try? Files.write(text, to: target) }
        }
    }
}
