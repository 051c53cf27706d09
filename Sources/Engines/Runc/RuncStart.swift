import ExperimentModel
import Glibc
import HostSystem
import ImageSnapshots

/// The start of one container, from its empty folder to the running command.
struct RuncStart {
    let request: ContainerRequest
    let image: UnpackedImage
    let folder: ContainerFolder
    let host: RuncHost
    /// What brings GPUs in; nil for none.
    let devices: CDIEdits?

    func run(_ care: FileLock) throws -> RuncContainer {
        let files = ImageFiles(layers: image.layers.map(\.tree), mounts: request.mounts)
        let user = try self.user(files)
        let devices = try devices.map(BundleDevices.init)
        var variables = request.environment.variables.merging(devices?.variables ?? [:]) { $1 }
            .merging(request.variables) { $1 }
        if request.limits.gpus == .count(0) { variables["CUDA_VISIBLE_DEVICES"] = "" }
        let first = try firstProcess(files)
        try checkWorkingFolder(files)
        // What an entrypoint makes of its arguments only it knows.
        let program = first.entrypoint.isEmpty ? request.command : first.entrypoint
        try files.checkCommand(
            program, searchPath: variables["PATH"] ?? standardSearchPath, from: request.workingFolder)
        let bundle = BundleMaker(
            request: request, host: host, user: user,
            command: first.initCommand + first.entrypoint + request.command, initProgram: first.program,
            variables: variables, devices: devices)
        let root = RootFileSystem(folder: folder.path, files: files, owner: host.isRootless ? nil : user)
        try prepare(root, user, bundle)
        let running = try FileLock.wait(folder.runningPath)
        let child = try startRunc(root, running)
        defer { withExtendedLifetime(running) {} }
        try folder.note(process: child.id)
        try RuncChild(child: child, processPath: folder.processPath, logPath: folder.logPath).waitUntilItRuns(
            "start", request.name)
        let group = host.groups.map { ControlGroup(groups: $0, path: BundleMaker.controlGroup(of: request.name)) }
        return RuncContainer(
            child: child, folder: folder, group: group, limits: applied(group, child), care: care)
    }

    // MARK: What the container is made from

    /// In the namespace of an ordinary user there is one user: root, who is that user outside.
    private func user(_ files: ImageFiles) throws -> ContainerUser {
        if host.isRootless { return ContainerUser(user: 0, group: 0) }
        if let identity = request.identity { return ContainerUser(user: identity.user, group: identity.group) }
        return try ContainerUser(imageUser: request.environment.execution.user, files: files)
    }

    private struct FirstProcess {
        /// What reaps orphans and hands signals on, with its arguments.
        var initCommand: [String]
        /// The image's own, without an init at its beginning.
        var entrypoint: [String]
        /// A program of the host to be mounted; nil where the image has one.
        var program: String?
    }

    /// An init of the image where it has one, else one of the host.
    private func firstProcess(_ files: ImageFiles) throws -> FirstProcess {
        let entrypoint = request.environment.execution.entrypoint ?? []
        if request.environment.hasInit { return FirstProcess(initCommand: entrypoint, entrypoint: []) }
        if let own = files.find("/usr/bin/tini"), own.status.st_mode & 0o111 != 0 {
            return FirstProcess(initCommand: ["/usr/bin/tini", "--"], entrypoint: entrypoint)
        }
        guard let program = host.initProgram else {
            throw EngineError(
                "run", request.environment.reference ?? "the image",
                .unusable("neither it nor this machine has a program to be its first process"),
                hint: "install one: apt-get install tini")
        }
        return FirstProcess(
            initCommand: [BundleMaker.initPlace, "--"], entrypoint: entrypoint, program: program)
    }

    /// A folder of /proc could be one of the host's that runc itself has open.
    private func checkWorkingFolder(_ files: ImageFiles) throws {
        guard let found = files.find(request.workingFolder) else { return }
        guard found.isFolder else {
            throw EngineError(
                "start in", request.workingFolder, .refused("it is no folder"),
                hint: "look at what the image has there")
        }
        if found.path == "/proc" || found.path.hasPrefix("/proc/") || request.workingFolder.hasPrefix("/proc") {
            throw EngineError("start in", request.workingFolder, .refused("a command cannot begin in /proc"))
        }
    }

    private func prepare(_ root: RootFileSystem, _ user: ContainerUser, _ bundle: BundleMaker) throws {
        try root.prepare()
        for mount in request.mounts.sorted(by: { $0.destination.utf8.count < $1.destination.utf8.count }) {
            try root.makePlace(for: mount)
        }
        if root.files.find(request.workingFolder) == nil { try root.makeOwnFolder(request.workingFolder) }
        try name(user, root)
        switch request.network {
        case .host:
            for file in ["/etc/hosts", "/etc/resolv.conf"] {
                if let text = try? Files.readText(file, limit: 1 << 20) { try root.write(text, to: file) }
            }
        case .none:
            try root.write("127.0.0.1 localhost \(bundle.hostname)\n::1 localhost\n", to: "/etc/hosts")
        }
        try root.write(bundle.hostname + "\n", to: "/etc/hostname")
        try ShortLivedFile.write(bundle.specification().json.bytes, to: "\(folder.path)/config.json")
    }

    /// Programs ask for the name and the home of who runs them.
    private func name(_ user: ContainerUser, _ root: RootFileSystem) throws {
        guard let account = request.account else {
            guard let added = user.addedToUsers(of: root.files) else { return }
            try root.write(added.users, to: "/etc/passwd")
            return try root.makeOwnFolder(added.home)
        }
        let hasShell = root.files.find(account.shell).map { !$0.isFolder && $0.status.st_mode & 0o111 != 0 } ?? false
        let lists = AccountFiles(
            account, user, shell: hasShell ? account.shell : "/bin/sh",
            users: root.files.text(of: "/etc/passwd") ?? "", groups: root.files.text(of: "/etc/group") ?? "")
        try root.write(lists.users, to: "/etc/passwd")
        try root.write(lists.groups, to: "/etc/group")
        if root.files.find(account.home) == nil { try root.makeOwnFolder(account.home) }
    }

    // MARK: The start itself

    private func startRunc(_ root: RootFileSystem, _ running: FileLock) throws -> ChildProcess {
        var start = ChildProcess.Start(
            executable: host.program,
            arguments: [
                // --keep: the control group stays, so that it can be asked what happened in it.
                "runc", "--root", "state", "--log", "runc.log", "--log-format", "json", "run", "--keep", "--bundle",
                ".", "--pid-file", "pid", request.name,
            ],
            environment: ["PATH": standardSearchPath])
        start.workingFolder = folder.path
        start.take(request.streams)
        // Without Bunsen nobody would read the output, or know the end.
        start.deathSignal = SIGKILL
        // As long as runc lives, nobody removes the layers or this folder.
        start.keptDescriptors = [running.number] + image.layers.compactMap { $0.use?.number }
        let opened = try root.files.layers.map { try Descriptor.open($0, O_RDONLY | O_DIRECTORY) }
        defer { withExtendedLifetime(opened) {} }
        let layers = zip(root.files.layers, opened).map {
            ChildProcess.Isolation.Folder(path: $0, number: $1.number)
        }
        start.isolation = host.isolation(
            [root.mount(layers: layers, inUserNamespace: host.isRootless)], folders: layers)
        do {
            return try ChildProcess.start(start)
        } catch let error as ChildStartError {
            throw EngineError("start", request.name, .said("\(error)"), hint: "what works here: bunsen doctor engines")
        }
    }

    /// What the kernel says of the container's limits.
    private func applied(_ group: ControlGroup?, _ child: ChildProcess) -> ResourceLimits {
        var limits = group?.limits ?? ResourceLimits()
        limits.gpus = request.limits.gpus
        let first = RuncHost.firstProcess(below: child.id)
        let asked = request.limits.ulimits ?? []
        let read = first.flatMap { ProcessLimits(process: $0) }
        if !asked.isEmpty { limits.ulimits = asked.map { read?[$0.name] ?? $0 } }
        // Of a container that is over already only what was mounted is known.
        limits.sharedMemory = first.flatMap(Self.sharedMemory) ?? request.limits.sharedMemoryOrDefault
        return limits
    }

    private static func sharedMemory(of process: String) -> Int64? {
        var status = statvfs()
        guard statvfs("/proc/\(process)/root/dev/shm", &status) == 0 else { return nil }
        return Int64(
            clamping: UInt64(status.f_blocks).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }
}
