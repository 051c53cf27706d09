import HostSystem

/// What a daemon says of itself, as far as it changes how containers are made on it.
struct DaemonTraits: Sendable, Hashable {
    let summary: String
    /// Its root is this user: files that root writes in a container belong to the user.
    let isRootless: Bool
    /// Users of containers are others outside, unless a container is made without that.
    let remapsUsers: Bool
    /// It can put a first process into containers that reaps children and hands signals on.
    let hasInit: Bool
    let limitsMemory: Bool
    let limitsPids: Bool
    let limitsProcessors: Bool

    init(_ client: DaemonClient, _ flavor: DaemonEngine.Flavor) throws {
        let answer = try client.send("GET", "/info", patience: 60)
        let information = try client.value(DockerMessages.Information.self, answer, "ask", "\(client.address)")
        let options = information.SecurityOptions ?? []
        isRootless = information.Rootless ?? options.contains { $0.hasPrefix("name=rootless") }
        remapsUsers = options.contains { $0.hasPrefix("name=userns") }
        // An ordinary user has no control groups of version 1. Podman would leave limits out with a warning of its own.
        let hasGroups = !(isRootless && information.CgroupVersion == "1")
        limitsMemory = hasGroups && information.MemoryLimit ?? true
        limitsPids = hasGroups && information.PidsLimit ?? true
        limitsProcessors = hasGroups
        let isPodman = flavor == .podman
        hasInit = isPodman ? Self.podmanHasInit : information.InitBinary?.isEmpty == false
        let version = information.ServerVersion.map { " \($0)" } ?? ""
        summary = "\(isPodman ? "Podman" : "Docker")\(version)\(isRootless ? ", rootless," : "")"
    }

    /// Podman does not say; it looks in these places (containers.conf(5), init_path and helper_binaries_dir).
    private static var podmanHasInit: Bool {
        [
            "/usr/libexec/podman/catatonit", "/usr/lib/podman/catatonit", "/usr/bin/catatonit",
            "/usr/local/libexec/podman/catatonit",
        ]
        .contains(where: Files.isExecutable)
    }
}
