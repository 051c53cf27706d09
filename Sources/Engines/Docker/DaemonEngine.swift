import ContentStore
import ExperimentModel
import Glibc
import HostSystem
import OCIModel
import Synchronization

/// Containers of a daemon that has Docker's HTTP interface: Docker itself, and Podman's service.
package final class DaemonEngine: ContainerEngine {
    package enum Flavor: Sendable { case docker, podman }

    /// A daemon that answered, and what it says of itself.
    struct Daemon: Sendable {
        let client: DaemonClient
        let traits: DaemonTraits
    }

    let flavor: Flavor
    let store: ContentStore
    private let environment: [String: String]
    private let inventory: [RunManifest.GPU]
    private let devices: CDIRegistry
    private let known = Mutex<Daemon?>(nil)
    let patience: Double

    /// - Parameters:
    ///   - environment: the variables that say where the daemon is.
    ///   - store: where images of Bunsen's own are.
    ///   - inventory: the GPUs of this machine.
    ///   - deviceFolders: where podman looks for how they get into containers; nil is the usual places.
    ///   - patience: how long the daemon may be away while a container runs, in seconds: by itself as long as the upgrade
    ///     of its package may take.
    package init(
        _ flavor: Flavor, environment: [String: String], store: ContentStore, inventory: [RunManifest.GPU],
        deviceFolders: [String]? = nil, patience: Double = 60
    ) {
        self.patience = patience
        devices = CDIRegistry(folders: deviceFolders ?? CDIRegistry.usualFolders)
        self.flavor = flavor
        self.environment = environment
        self.store = store
        self.inventory = inventory
    }

    package var name: EngineName { flavor == .docker ? .docker : .podman }

    /// Kept by every container of ours, with its name.
    static let label = "bunsen.container"
    /// The GPUs that were asked for by the names of devices, which podman does not give back.
    static let gpuLabel = "bunsen.gpus"

    // MARK: The daemon

    package func availability() -> EngineAvailability {
        do {
            let daemon = try daemon()
            return .usable(detail: "\(daemon.traits.summary) at \(daemon.client.address)")
        } catch let error as EngineError {
            if case .unusable(let reason) = error.cause { return .unusable(reason: reason, hint: error.hint) }
            return .unusable(reason: "\(error)", hint: error.hint)
        } catch {
            return .unusable(reason: "\(error)", hint: nil)
        }
    }

    func daemon() throws -> Daemon {
        try known.withLock { known in
            if let daemon = known { return daemon }
            let client = try connected()
            let daemon = Daemon(client: client, traits: try DaemonTraits(client, flavor))
            known = daemon
            return daemon
        }
    }

    /// A client of the daemon that answers now, also when it is another one than before.
    func connected() throws -> DaemonClient { try flavor == .docker ? docker() : podman() }

    private func docker() throws -> DaemonClient {
        var refusals: [String] = []
        for address in try DockerPlaces(environment: environment).addresses() {
            do {
                return try DaemonClient(address)
            } catch let error as SystemError where error.code == EACCES {
                throw EngineError(
                    "use", "docker", .unusable("this user may not use \(address)"),
                    hint:
                        "whoever may, is root on this machine: ask for the group of that socket, or use podman or runc")
            } catch let error as SystemError {
                refusals.append(
                    error.code == ENOENT || error.code == ECONNREFUSED ? "nobody listens at \(address)" : "\(error)")
            }
        }
        throw EngineError(
            "use", "docker", .unusable(refusals.joined(separator: "; ")),
            hint: "start its daemon: systemctl start docker")
    }

    private func podman() throws -> DaemonClient {
        let places = PodmanPlaces(environment: environment)
        for address in try places.addresses() {
            if let client = try? DaemonClient(address) { return client }
        }
        return try DaemonClient(try places.startService())
    }

    // MARK: Containers

    package func prepare(_ environment: ContainerEnvironment, progress: (String) -> Void) throws -> PreparedEnvironment
    {
        let images = DaemonImages(client: try daemon().client, flavor: flavor, environment: self.environment)
        switch environment {
        case .machine:
            throw EngineError(
                "run", "the locked environment of this machine", .refused("\(name.rawValue) runs images"),
                hint: "make one: bunsen build")
        case .stored(let name, let manifest): return try images.stored(name, manifest, in: store, progress: progress)
        case .named(let name): return try images.named(name, progress: progress)
        }
    }

    package func check(_ request: ContainerRequest) throws {
        guard request.environment.identifier != nil else {
            throw EngineError("run", "a command", .refused("\(name.rawValue) runs it in an image, and none is given"))
        }
        // In what daemons are told, a colon ends the source.
        if let mount = request.mounts.first(where: { $0.source.contains(":") }) {
            throw EngineError(
                "mount", mount.source, .refused("\(name.rawValue) mounts no path with a colon in it"),
                hint: "rename it, or use --engine runc")
        }
        try request.checkAccount()
        let traits = try daemon().traits
        if request.limits.memory != nil, !traits.limitsMemory {
            throw EngineError("limit", "memory", .refused("the daemon says that it cannot"))
        }
        if request.limits.cpus != nil, !traits.limitsProcessors {
            throw EngineError("limit", "processors", .refused("the daemon says that it cannot"))
        }
        if request.limits.pids != nil, !traits.limitsPids {
            throw EngineError("limit", "processes", .refused("the daemon says that it cannot"))
        }
        _ = try ProcessEngine.visibleDevices(request.limits.gpus, of: inventory)
        _ = try deviceNames(request)
    }

    /// The GPUs of a request as podman calls them.
    private func deviceNames(_ request: ContainerRequest) throws -> [String] {
        guard flavor == .podman, let selection = gpus(of: request) else { return [] }
        return try devices.find(selection, of: inventory).names
    }

    /// As on the machine itself, a command sees all GPUs unless it is told otherwise.
    private func gpus(of request: ContainerRequest) -> GPUSelection? {
        let selection = request.limits.gpus ?? .all
        return inventory.isEmpty || selection == .count(0) ? nil : selection
    }

    private func creation(_ request: ContainerRequest) throws -> ContainerCreation {
        ContainerCreation(
            request, flavor: flavor, traits: try daemon().traits, gpus: gpus(of: request),
            devices: try deviceNames(request))
    }

    package func start(_ request: ContainerRequest) throws -> any RunningContainer {
        try check(request)
        let client = try daemon().client
        let creation = try creation(request)
        let created =
            creation.devices.isEmpty
            ? try client.send("POST", "/containers/create", [("name", request.name)], body: creation.message)
            : try client.send("POST", "/libpod/containers/create", body: PodmanCreation(creation, request))
        try client.check(created, "start", request.name)
        do {
            let files = DaemonFiles(client: client, container: request.name)
            if let account = request.account, let user = creation.user { try files.add(account, user) }
            try CommandCheck(files: files).check(request)
            return try DaemonContainer(request, self)
        } catch {
            try? remove(request.name)
            throw error
        }
    }

    package func execute(_ command: ContainerCommand, in name: String) throws -> ProcessEnd {
        try DaemonExecution(command: command, name: name, client: try daemon().client).run()
    }

    package func commandLine(for request: ContainerRequest) -> [String]? {
        (try? creation(request))?.commandLine(reference: request.environment.reference ?? "")
    }

    package func list() throws -> [ContainerState] {
        let client = try daemon().client
        let filter = "{\"label\":[\"\(Self.label)\"]}"
        let answer = try client.send("GET", "/containers/json", [("all", "1"), ("filters", filter)])
        return try client.value([DockerMessages.Listed].self, answer, "list", "containers").compactMap {
            try Self.settled($0.Id, client)
        }
    }

    /// Nil for a container that went away meanwhile. One that is on its way out is told of by podman with errors of many
    /// kinds, until it is gone.
    private static func settled(_ id: String, _ client: DaemonClient) throws -> ContainerState? {
        for attempt in 1... {
            do {
                return try DaemonContainer.inspect(id, client)
            } catch let error as EngineError {
                if case .missing = error.cause { return nil }
                if attempt == 10 { throw error }
                usleep(100_000)
            }
        }
        return nil
    }

    package func inspect(_ name: String) throws -> ContainerState {
        try DaemonContainer.inspect(name, try daemon().client)
    }

    package func remove(_ name: String) throws {
        let client = try daemon().client
        let deadline = monotonicSeconds() + 30
        while true {
            let answer = try client.send("DELETE", "/containers/\(name)", [("force", "1"), ("v", "1")], patience: 120)
            if answer.status < 300 || answer.status == 404 { return }
            // Somebody else removes it at this moment.
            guard answer.status == 409, monotonicSeconds() < deadline else {
                return try client.check(answer, "remove", name)
            }
            usleep(100_000)
        }
    }
}
