import Engines
import ExperimentModel
import Glibc
import HostSystem
import ImageBuilder
import RecipeModel
import Workbench

/// What the servers of a workbench find around them: the project, a home folder that stays, who they are.
struct WorkbenchSetting {
    /// Nil on the process engine.
    let image: PreparedEnvironment?
    let account: ContainerAccount
    /// The project's folder, as the workbench sees it.
    let workspace: String
    let control: ControlFolder
    /// What every door has to find in its variables.
    let sessionVariables: [String: String]
    private let variables: [String: String]
    private let secretNames: Set<String>
    private let mounts: [ContainerMount]
    private let identity: ContainerIdentity?
    private let network: ContainerNetwork
    /// Held for as long as the workbench is open, so that nobody prunes its environment.
    private let locked: LockedEnvironment?

    /// Where the control folder is in a container.
    private static let controlPlace = "/run/bunsen"
    /// What login shells read after their own; it says again what they may have changed.
    private static let profilePlace = "/etc/profile.d/zz-bunsen.sh"
    private static let shell = "/bin/bash"
    /// Of who comes in by ssh: sshd sets them by itself.
    private static let ofTheAccount: Set<String> = [
        "HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "SHLVL", "TERM", "_",
    ]

    init(
        _ command: UpCommand, _ plan: RunPlan, _ project: Project, _ recipe: Recipe?, _ folder: WorkbenchFolder,
        _ context: CommandContext
    ) throws {
        let variant = try RunSession.variant(command.variant, of: recipe, inContainer: plan.hasContainer, context)
        let secrets = try command.secrets.values(besides: command.variable, context)
        secretNames = Set(secrets.keys)
        let given = try secrets.merging(RunSession.variables(command.variable, from: context.environment)) { $1 }
            .merging(variant?.environment ?? [:]) { given, _ in given }
            .merging(recipe?.run.environment ?? [:]) { given, _ in given }
            .merging(["CUDA_DEVICE_ORDER": "PCI_BUS_ID"]) { given, _ in given }
        network = command.limits.network ?? .host
        guard network == .host else {
            throw Failure(
                "a workbench without a network cannot be reached", hint: "leave --network out", code: .usage)
        }
        guard plan.hasContainer else {
            let locked = try LockedEnvironment.prepare(
                project, recipe, variant: variant, mustAgree: command.locked, context)
            self.locked = locked
            var environment = locked?.environment(from: context.environment) ?? context.environment
            environment.merge(given) { $1 }
            (image, mounts, identity) = (nil, [], nil)
            (variables, workspace) = (environment, project.folder)
            sessionVariables = environment.filter { !Self.ofTheAccount.contains($0.key) }
            account = try ContainerAccount(
                name: Self.loginName(geteuid()), home: context.path("~"), shell: environment["SHELL"] ?? "/bin/sh")
            control = ControlFolder(path: folder.controlPath, place: folder.controlPath, owner: nil)
            return
        }
        locked = nil
        let lock = try LockedEnvironment.lock(
            project, recipe, variant: variant, mustAgree: command.locked, context)
        let chosen = try RunImage.chosen(command.limits.image, project, lock, variant: variant?.name, context)
        if let warning = chosen.warning { context.console.warn(warning) }
        let common = try ContainerSetting(project, recipe, volumes: command.limits.volume, data: [], context)
        let prepared = try plan.engine.prepare(chosen.environment) { context.console.say($0) }
        let identity = Self.ordinary(common.identity, prepared, project, context)
        let name = Self.loginName(identity.user)
        let account = try ContainerAccount(name: name, home: "/home/\(name)", shell: Self.shell)
        let control = ControlFolder(
            path: folder.controlPath, place: Self.controlPlace, owner: (identity.user, identity.group))
        try Self.makeHome(folder, identity)
        var variables = given
        variables.merge(
            ["HOME": account.home, "USER": name, "LOGNAME": name, "SHELL": account.shell]) { given, _ in given }
        let session = prepared.variables.merging(variables) { $1 }.filter { !Self.ofTheAccount.contains($0.key) }
        try control.make()
        let told = session.filter { secrets[$0.key] == nil }
        try control.write(Self.profile(told), to: "profile.sh", mode: 0o644)
        mounts =
            common.mounts + [
                try ContainerMount(source: folder.homePath, destination: account.home, isReadOnly: false),
                try ContainerMount(source: folder.controlPath, destination: Self.controlPlace, isReadOnly: true),
                try ContainerMount(
                    source: "\(folder.controlPath)/profile.sh", destination: Self.profilePlace, isReadOnly: true),
            ]
        image = prepared
        workspace = ImageLayout.workspace
        sessionVariables = session
        (self.variables, self.identity, self.account, self.control) = (variables, identity, account, control)
    }

    func request(_ name: String, _ command: [String], _ streams: ContainerStreams) -> ContainerRequest {
        var request = ContainerRequest(
            name: name, environment: image ?? .machine, command: command, variables: variables,
            workingFolder: workspace, streams: streams)
        request.mounts = mounts
        request.identity = identity
        request.account = image == nil ? nil : account
        request.network = network
        request.secrets = secretNames
        return request
    }

    // MARK: Who works there

    /// Never root: where root works on a folder of root's own, it is the image's user, who may not be able to write there.
    private static func ordinary(
        _ identity: ContainerIdentity, _ image: PreparedEnvironment, _ project: Project, _ context: CommandContext
    ) -> ContainerIdentity {
        guard identity.user == 0 else { return identity }
        let numbers = (image.execution.user ?? "").split(separator: ":").map { uid_t($0) ?? 0 }
        let user = numbers.first.flatMap { $0 == 0 ? nil : $0 } ?? 1000
        let group = numbers.count == 2 && numbers[1] != 0 ? numbers[1] : user
        context.console.warn(
            "the project belongs to root, and a workbench is never root: as user \(user) it may not be able to write there"
        )
        context.console.say("hint: give the folder to that user: chown -R \(user):\(group) \(project.folder)")
        return ContainerIdentity(user: user, group: group)
    }

    /// The person's own name, where it is one that every system accepts.
    private static func loginName(_ user: uid_t) -> String {
        guard let entry = getpwuid(user), let text = entry.pointee.pw_name else { return "bunsen" }
        let name = String(cString: text)
        let isPlain = name.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95
        }
        let startsWell = name.utf8.first.map { (97...122).contains($0) } ?? false
        return isPlain && startsWell && name.utf8.count <= 32 && name != "root" ? name : "bunsen"
    }

    private static func makeHome(_ folder: WorkbenchFolder, _ identity: ContainerIdentity) throws {
        try Files.makeFolder(folder.homePath, mode: 0o700)
        guard geteuid() == 0 else { return }
        guard lchown(folder.homePath, identity.user, identity.group) == 0 else {
            throw SystemError("give away", folder.homePath)
        }
    }

    /// For login shells, whose own files set PATH anew; and who comes in by hand begins in the project.
    private static func profile(_ variables: [String: String]) -> String {
        let exports = variables.filter { ShellQuoting.isName($0.key) }.sorted { $0.key < $1.key }
            .map { "export \($0.key)=\(ShellQuoting.word($0.value))\n" }
        return "# The workbench's own variables, whatever else a login shell reads.\n" + exports.joined()
            + "case $- in *i*) cd \(ImageLayout.workspace) 2>/dev/null || : ;; esac\n"
    }
}
