import ExperimentModel
import Glibc
import HostSystem

/// A request in the daemon's words: as a message, and as the command line that says the same.
struct ContainerCreation {
    let message: DockerMessages.Create
    /// Who the command runs as in the container, where that was asked for.
    let user: ContainerUser?
    /// Names of devices, for podman.
    let devices: [String]
    private let request: ContainerRequest
    private let flavor: DaemonEngine.Flavor

    init(
        _ request: ContainerRequest, flavor: DaemonEngine.Flavor, traits: DaemonTraits, gpus: GPUSelection?,
        devices: [String] = []
    ) {
        self.request = request
        self.devices = devices
        self.flavor = flavor
        let limits = request.limits
        var host = DockerMessages.Host()
        host.Binds = request.mounts.isEmpty ? nil : request.mounts.map { "\($0)" }
        host.Memory = limits.memory
        host.MemorySwap = limits.memory
        host.NanoCpus = limits.cpus.map { Int64(($0 * 1e9).rounded()) }
        host.ShmSize = limits.sharedMemoryOrDefault
        host.PidsLimit = limits.pids
        host.Ulimits = Self.ulimits(limits, flavor)
        if flavor == .docker { host.DeviceRequests = gpus.flatMap(DockerMessages.DeviceRequest.init).map { [$0] } }
        host.NetworkMode = request.network.rawValue
        host.Init = !request.environment.hasInit && traits.hasInit
        host.SecurityOpt = ["no-new-privileges"]
        // Output is read as it comes, and kept by whoever reads it.
        host.LogConfig = DockerMessages.Log(Type: "none")
        var user = request.identity.map { ContainerUser(user: $0.user, group: $0.group) }
        if let identity = request.identity {
            if traits.isRootless {
                if flavor == .podman {
                    host.UsernsMode = "keep-id"
                } else {
                    user = ContainerUser(user: 0, group: 0)
                }
            } else if traits.remapsUsers {
                host.UsernsMode = "host"
            }
            if identity.user != 0 { host.CapDrop = ["ALL"] }
        }
        self.user = user
        var variables = request.variables
        if limits.gpus == .count(0) {
            variables[ProcessEngine.devicesVariable] = ""
            variables["NVIDIA_VISIBLE_DEVICES"] = "void"
        }
        message = DockerMessages.Create(
            Image: request.environment.identifier ?? "", Cmd: request.command,
            Env: variables.map { "\($0.key)=\($0.value)" }.sorted(), WorkingDir: request.workingFolder,
            User: user.map { "\($0.user):\($0.group)" },
            Labels: request.labels.merging(
                [DaemonEngine.label: request.name]
                    .merging(devices.isEmpty ? [:] : [DaemonEngine.gpuLabel: "\(gpus ?? .all)"]) { $1 }
            ) { $1 }, HostConfig: host)
    }

    /// Podman's own defaults ask for more files and processes than some machines allow it to give; this process's
    /// limits are what a plain process would have.
    private static func ulimits(
        _ limits: ResourceLimits, _ flavor: DaemonEngine.Flavor
    ) -> [DockerMessages.Ulimit]? {
        var list = limits.ulimits ?? []
        if flavor == .podman {
            for (name, number) in [("nofile", __rlimit_resource_t(RLIMIT_NOFILE.rawValue)), ("nproc", processLimit)]
            where !list.contains(where: { $0.name == name }) {
                var limit = rlimit()
                guard getrlimit(number, &limit) == 0 else { continue }
                // "No limit" is -1 there. Podman lowers its own limit of processes to the numbers that there are.
                let most = number == processLimit ? processNumbers : .max
                let value = { (value: rlim_t) in value > rlim_t(most) ? (most == .max ? -1 : most) : Int64(value) }
                list.append(ResourceUlimit(name: name, soft: value(limit.rlim_cur), hard: value(limit.rlim_max)))
            }
        }
        return list.isEmpty ? nil : list.map { DockerMessages.Ulimit(Name: $0.name, Soft: $0.soft, Hard: $0.hard) }
    }

    /// How many numbers the kernel has for processes.
    private static var processNumbers: Int64 {
        (try? Files.readText("/proc/sys/kernel/pid_max")).flatMap { Int64($0.split(separator: "\n").first ?? "") }
            ?? .max
    }

    /// RLIMIT_NPROC of getrlimit(2), which Swift's import of the C library lacks.
    private static let processLimit = __rlimit_resource_t(6)

    /// `docker run …` or `podman run …` with the same mounts and limits.
    func commandLine(reference: String) -> [String] {
        let host = message.HostConfig
        var words = [flavor == .docker ? "docker" : "podman", "run", "--rm"]
        func option(_ name: String, _ value: String?) { if let value { words += ["--\(name)", value] } }
        if host.Init == true { words.append("--init") }
        option("network", host.NetworkMode)
        option("user", message.User)
        option("userns", host.UsernsMode)
        for mount in request.mounts { option("volume", "\(mount)") }
        option("workdir", message.WorkingDir)
        option("memory", host.Memory.map(Self.size))
        option("memory-swap", host.MemorySwap.map(Self.size))
        option("cpus", request.limits.cpus.map { ReadableNumber.exact($0) })
        option("shm-size", host.ShmSize.map(Self.size))
        option("pids-limit", host.PidsLimit.map(String.init))
        for limit in host.Ulimits ?? [] { option("ulimit", "\(limit.Name)=\(limit.Soft):\(limit.Hard)") }
        if let gpus = host.DeviceRequests?.first {
            option(
                "gpus",
                gpus.DeviceIDs.map { "\"device=\($0.joined(separator: ","))\"" }
                    ?? gpus.Count.map { $0 < 0 ? "all" : String($0) })
        }
        for device in devices { option("device", device) }
        for capability in host.CapDrop ?? [] { option("cap-drop", capability) }
        for security in host.SecurityOpt ?? [] { option("security-opt", security) }
        for variable in message.Env {
            let name = String(variable.prefix { $0 != "=" })
            // With its name alone it is taken from the shell.
            option("env", request.secrets.contains(name) ? name : variable)
        }
        return words + [reference] + message.Cmd
    }

    /// In the largest unit that is exact: `2g`, `1536m`.
    private static func size(_ bytes: Int64) -> String {
        for (unit, shift) in [("g", 30), ("m", 20), ("k", 10)] where bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes)b"
    }
}
