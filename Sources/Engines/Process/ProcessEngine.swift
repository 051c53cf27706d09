import ExperimentModel
import Glibc
import HostSystem

/// Commands as plain processes of this machine, in the variables of a locked environment: no daemon, no root, no image.
///
/// A process sees the machine's own folders, devices and shared memory, and an ordinary user may give it no control
/// group. So it keeps `gpus`, by hiding the others from CUDA, and refuses every other limit, and mounts.
package struct ProcessEngine: ContainerEngine {
    /// Carries a container's name to all of its processes, so that they can be found by anyone who may see them.
    package static let nameVariable = "BUNSEN_CONTAINER"
    static let devicesVariable = "CUDA_VISIBLE_DEVICES"

    private let inventory: [RunManifest.GPU]

    /// - Parameter inventory: the GPUs of this machine.
    package init(inventory: [RunManifest.GPU]) { self.inventory = inventory }

    package var name: EngineName { .process }

    package func availability() -> EngineAvailability { .usable(detail: "always there") }

    package func prepare(_ environment: ContainerEnvironment, progress: (String) -> Void) throws -> PreparedEnvironment
    {
        switch environment {
        case .machine: return .machine
        case .stored(let name, _), .named(let name): throw Self.refusal("run", "\(name)", "it is an image")
        }
    }

    package func check(_ request: ContainerRequest) throws {
        if let image = request.environment.reference { throw Self.refusal("run", image, "it is an image") }
        if let mount = request.mounts.first {
            throw Self.refusal("mount", "\(mount)", "it sees the machine's own files")
        }
        if request.network != .host {
            throw Self.refusal("run with", "network \(request.network.rawValue)", "it has the machine's own network")
        }
        try Self.check(request.limits)
        if let identity = request.identity, identity != ContainerIdentity(user: geteuid(), group: getegid()) {
            throw Self.refusal("run as", "user \(identity.user)", "it runs as who started it")
        }
        if let account = request.account {
            throw Self.refusal("name the user", account.name, "it has the machine's own users")
        }
        _ = try Self.visibleDevices(request.limits.gpus, of: inventory)
    }

    /// Throws for the first limit that a plain process cannot keep.
    package static func check(_ limits: ResourceLimits) throws {
        let group = "that takes a control group, which an ordinary user may not have"
        if let memory = limits.memory {
            throw refusal("limit memory to", ResourceLimits.memoryText(memory), group)
        }
        if let cpus = limits.cpus { throw refusal("limit processors to", ReadableNumber.exact(cpus), group) }
        if let pids = limits.pids { throw refusal("limit processes to", "\(pids)", group) }
        if let size = limits.sharedMemory {
            throw refusal(
                "give /dev/shm", ResourceLimits.memoryText(size), "it has the machine's own shared memory")
        }
        if let limit = limits.ulimits?.first {
            throw refusal("set the ulimit", "\(limit)", "it has those of who started it")
        }
    }

    private static func refusal(_ operation: String, _ value: String, _ reason: String) -> EngineError {
        EngineError(
            operation, value, .refused("a plain process cannot do that: \(reason)"),
            hint: "use an engine with containers: --engine docker, podman or runc")
    }

    /// What CUDA_VISIBLE_DEVICES has to be for a selection; nil for all GPUs.
    ///
    /// - Throws: `EngineError` when GPUs were asked for that are not there.
    package static func visibleDevices(_ selection: GPUSelection?, of inventory: [RunManifest.GPU]) throws -> String? {
        let hint =
            inventory.isEmpty
            ? "this machine shows no GPU; leave --gpus out to use the CPU"
            : "there are \(inventory.count): " + inventory.map { "\($0.index) (\($0.name))" }.joined(separator: ", ")
        switch selection {
        case nil, .all: return nil
        case .count(let count):
            guard count <= inventory.count else {
                throw EngineError(
                    "use", "\(count) GPUs", .unusable("\(inventory.count) are there"), hint: hint)
            }
            return inventory.prefix(count).map { String($0.index) }.joined(separator: ",")
        case .devices(let names):
            for name in names where !inventory.contains(where: { String($0.index) == name || $0.uuid == name }) {
                throw EngineError("use", "GPU \(name)", .unusable("there is no such GPU"), hint: hint)
            }
            return names.joined(separator: ",")
        }
    }

    package func start(_ request: ContainerRequest) throws -> any RunningContainer {
        try check(request)
        var variables = request.variables
        variables[Self.nameVariable] = request.name
        if let devices = try Self.visibleDevices(request.limits.gpus, of: inventory) {
            variables[Self.devicesVariable] = devices
        }
        var start = ChildProcess.Start(
            executable: try Self.executable(
                request.command, searchPath: variables["PATH"] ?? "", from: request.workingFolder),
            arguments: request.command, environment: variables)
        start.workingFolder = request.workingFolder
        start.take(request.streams)
        start.deathSignal = SIGTERM
        return ProcessContainer(name: request.name, child: try Self.startChild(start))
    }

    static func startChild(_ start: ChildProcess.Start) throws -> ChildProcess {
        do {
            return try ChildProcess.start(start)
        } catch let error as ChildStartError where error.step == .execute {
            // The kernel says so of a script whose first line names an interpreter that is not there.
            throw EngineError(
                "execute", start.arguments.first ?? "",
                .notExecutable(
                    error.code == ENOENT ? "the interpreter in its first line does not exist" : error.reason))
        }
    }

    /// What will be executed, found the way a shell finds it.
    package static func executable(_ command: [String], searchPath: String, from folder: String) throws -> String {
        guard let name = command.first else {
            throw EngineError("execute", "nothing", .noCommand)
        }
        if let path = findExecutable(name, searchPath: searchPath, from: folder) { return path }
        if name.contains("/"), Files.exists(Files.absolute(name, from: folder)) {
            throw EngineError(
                "execute", name, .notExecutable(SystemError("execute", name, code: EACCES).reason.lowercasedFirst))
        }
        throw EngineError("execute", name, .noCommand)
    }

    package func commandLine(for request: ContainerRequest) -> [String]? { nil }

    package func list() throws -> [ContainerState] {
        var states: [String: ContainerState] = [:]
        for process in MarkedProcess.all()
        where states[process.container].map({ ($0.process ?? 0) > process.id }) ?? true {
            var state = ContainerState(
                name: process.container, status: .running, limits: ResourceLimits(), labels: [:])
            state.process = process.id
            state.limits.gpus = process.gpus
            states[process.container] = state
        }
        return states.values.sorted { $0.name < $1.name }
    }

    package func inspect(_ name: String) throws -> ContainerState {
        guard let state = try list().first(where: { $0.name == name }) else {
            throw EngineError("inspect", name, .missing)
        }
        return state
    }

    package func remove(_ name: String) throws {
        // A process may start another while it is looked for, so look until there is none.
        for _ in 0..<100 {
            let members = MarkedProcess.all().filter { $0.container == name }
            if members.isEmpty { return }
            for member in members { kill(member.id, SIGKILL) }
            usleep(20_000)
        }
        throw EngineError("remove", name, .said("its processes do not end"))
    }
}
