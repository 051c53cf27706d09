import ContentStore
import ExperimentModel
import Glibc
import HostSystem
import ImageSnapshots
import OCIModel
import Synchronization

/// Containers by runc alone: no daemon, no pull, no copy. The layers that a build unpacked are put on top of each other
/// by the kernel, in a mount namespace of the container's own.
///
/// runc is a child of this process and the first process of an outer process namespace. So whatever ends Bunsen ends
/// the container too, and with its last process its mounts are gone. See
/// Documentation/decisions/0023-runc-in-a-namespace-of-its-own.md.
package final class RuncEngine: ContainerEngine {
    private let store: ContentStore
    private let environment: [String: String]
    private let inventory: [RunManifest.GPU]
    private let devices: CDIRegistry
    private let known = Mutex<RuncHost?>(nil)
    /// Images that were prepared. Nobody removes their layers before this process ends.
    private let images = Mutex<[Digest: UnpackedImage]>([:])

    /// - Parameters:
    ///   - store: where the images are.
    ///   - environment: the variables of this process.
    ///   - inventory: the GPUs of this machine.
    ///   - deviceFolders: where it is said how they get into containers; nil is the usual places.
    package init(
        store: ContentStore, environment: [String: String], inventory: [RunManifest.GPU],
        deviceFolders: [String]? = nil
    ) {
        devices = CDIRegistry(folders: deviceFolders ?? CDIRegistry.usualFolders)
        self.store = store
        self.environment = environment
        self.inventory = inventory
    }

    package var name: EngineName { .runc }

    package func availability() -> EngineAvailability {
        do {
            let host = try host()
            let parent = ContainerFolder.parent(home: store.home)
            try Files.makeFolder(parent, mode: 0o700)
            try host.probe(in: parent)
            return .usable(detail: try host.summary())
        } catch let error as EngineError {
            if case .unusable(let reason) = error.cause { return .unusable(reason: reason, hint: error.hint) }
            return .unusable(reason: "\(error)", hint: error.hint)
        } catch {
            return .unusable(reason: "\(error)", hint: nil)
        }
    }

    private func host() throws -> RuncHost {
        try known.withLock { known in
            if let host = known { return host }
            let host = try RuncHost(environment: environment)
            known = host
            return host
        }
    }

    package func prepare(_ environment: ContainerEnvironment, progress: (String) -> Void) throws -> PreparedEnvironment
    {
        let manifest: Digest
        let name: String
        switch environment {
        case .machine:
            throw EngineError(
                "run", "the locked environment of this machine", .refused("runc runs images"),
                hint: "make one: bunsen build")
        case .stored(let reference, let digest): (manifest, name) = (digest, "\(reference)")
        case .named(let reference):
            guard let record = store.image(named: "\(reference)") else {
                throw EngineError(
                    "run", "\(reference)", .missing, hint: "bring it here: bunsen image pull \(reference)")
            }
            (manifest, name) = (record.manifest.digest, "\(reference)")
        }
        let image = try image(manifest, named: name) { progress("unpacking \(name)") }
        var prepared = PreparedEnvironment(reference: name, identifier: "\(manifest)", digest: manifest)
        prepared.execution = image.configuration.config ?? ImageConfiguration.Execution()
        return prepared
    }

    private func image(_ manifest: Digest, named name: String, unpacking: () -> Void = {}) throws -> UnpackedImage {
        if let image = images.withLock({ $0[manifest] }) { return image }
        let image = try UnpackedImage(manifest, named: name, in: store, unpacking: unpacking)
        images.withLock { $0[manifest] = image }
        return image
    }

    // MARK: What can be kept

    package func check(_ request: ContainerRequest) throws {
        let host = try host()
        _ = try manifest(of: request)
        guard request.name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }),
            !request.name.isEmpty, request.name.utf8.count <= 128
        else { throw EngineError("start", request.name, .notUnderstood("that is no name of a container")) }
        guard request.workingFolder.hasPrefix("/") else {
            throw EngineError("start in", request.workingFolder, .notUnderstood("it is no absolute path"))
        }
        try checkLimits(request.limits, host)
        try request.checkAccount()
        _ = try ProcessEngine.visibleDevices(request.limits.gpus, of: inventory)
        _ = try gpus(of: request)
        if let identity = request.identity, host.isRootless,
            identity != ContainerIdentity(user: geteuid(), group: getegid())
        {
            throw EngineError(
                "run as", "user \(identity.user)", .refused("an ordinary user runs containers as oneself only"))
        }
    }

    /// As on the machine itself, a command sees all GPUs unless it is told otherwise.
    private func gpus(of request: ContainerRequest) throws -> CDIRegistry.Found? {
        let selection = request.limits.gpus ?? .all
        return inventory.isEmpty || selection == .count(0) ? nil : try devices.find(selection, of: inventory)
    }

    private func manifest(of request: ContainerRequest) throws -> Digest {
        if let manifest = request.environment.digest { return manifest }
        throw EngineError("run", "a command", .refused("runc runs it in an image, and none is given"))
    }

    private func checkLimits(_ limits: ResourceLimits, _ host: RuncHost) throws {
        func require(_ controller: String, _ operation: String, _ value: String) throws {
            if host.groups?.hierarchies[controller] != nil { return }
            throw EngineError(
                operation, value,
                .refused(
                    host.isRootless
                        ? "that takes a control group, which an ordinary user may not make"
                        : "this machine has no control groups for \(controller)"),
                hint: "use podman or docker, or run as root")
        }
        if let memory = limits.memory {
            try require("memory", "limit memory to", ResourceLimits.memoryText(memory))
            if let groups = host.groups, !BundleMaker.limitsSwap(groups), Self.hasSwap {
                throw EngineError(
                    "limit memory to", ResourceLimits.memoryText(memory),
                    .refused("the kernel does not count swap here, so the container could go beyond it"),
                    hint: "start the kernel with swapaccount=1, or turn swap off")
            }
        }
        if let cpus = limits.cpus { try require("cpu", "limit processors to", ReadableNumber.exact(cpus)) }
        if let pids = limits.pids { try require("pids", "limit processes to", "\(pids)") }
        try ProcessLimits.check(limits.ulimits ?? [])
    }

    private static var hasSwap: Bool {
        ((try? Files.readText("/proc/swaps", limit: 1 << 16)) ?? "").split(separator: "\n").count > 1
    }

    // MARK: Starting

    package func start(_ request: ContainerRequest) throws -> any RunningContainer {
        try check(request)
        let manifest = try manifest(of: request)
        _ = ContainerFolder.all(home: store.home)
        let image = try image(manifest, named: request.environment.reference ?? "\(manifest)")
        let folder = ContainerFolder(home: store.home, name: request.name)
        let host = try host()
        let care = try folder.make(
            .init(
                name: request.name, image: request.environment.reference, started: .now, limits: request.limits,
                labels: request.labels,
                controlGroup: host.groups == nil ? nil : BundleMaker.controlGroup(of: request.name)))
        do {
            return try RuncStart(
                request: request, image: image, folder: folder, host: host, devices: gpus(of: request)?.edits
            ).run(care)
        } catch {
            try? folder.remove(host.groups)
            throw error
        }
    }

    package func execute(_ command: ContainerCommand, in name: String) throws -> ProcessEnd {
        _ = ContainerFolder.all(home: store.home)
        return try RuncExecution(
            command: command, folder: ContainerFolder(home: store.home, name: name), host: host()
        ).run()
    }

    package func commandLine(for request: ContainerRequest) -> [String]? { nil }

    // MARK: Looking after

    package func list() throws -> [ContainerState] { ContainerFolder.all(home: store.home).compactMap(state) }

    package func inspect(_ name: String) throws -> ContainerState {
        guard let folder = ContainerFolder.all(home: store.home).first(where: { $0.name == name }),
            let state = state(of: folder)
        else { throw EngineError("inspect", name, .missing) }
        return state
    }

    private func state(of folder: ContainerFolder) -> ContainerState? {
        guard let record = folder.record() else { return nil }
        let status: ContainerState.Status
        if let end = folder.end() {
            status = .ended(end)
        } else if folder.isRunning {
            status = Files.exists(folder.processPath) ? .running : .created
        } else {
            // It has ended, and who started it has not waited for it yet; or was it never started.
            status = Files.exists(folder.processPath) ? .ended(ContainerEnd(.signalled(number: SIGKILL))) : .created
        }
        var state = ContainerState(name: record.name, status: status, limits: record.limits, labels: record.labels)
        state.image = record.image
        state.process = folder.process
        if let group = record.controlGroup, let groups = ControlGroups.ofThisMachine() {
            let applied = ControlGroup(groups: groups, path: group).limits
            (state.limits.memory, state.limits.cpus, state.limits.pids) = (applied.memory, applied.cpus, applied.pids)
        }
        return state
    }

    package func remove(_ name: String) throws {
        let folder = ContainerFolder(home: store.home, name: name)
        if folder.exists { try folder.remove(known.withLock { $0 }?.groups ?? ControlGroups.forContainers()) }
    }
}
