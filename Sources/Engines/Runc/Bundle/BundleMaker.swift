import ExperimentModel
import Glibc
import HostSystem

/// Turns a request into runc's own terms.
struct BundleMaker {
    let request: ContainerRequest
    let host: RuncHost
    let user: ContainerUser
    /// The whole command, with the first process of the container before it.
    let command: [String]
    /// A program of the host to be mounted as the first process; nil where the image has one.
    let initProgram: String?
    let variables: [String: String]
    let devices: BundleDevices?

    /// Where a program of the host is mounted to be the first process.
    static let initPlace = "/run/bunsen/init"

    func specification() -> BundleSpecification {
        var namespaces = ["pid", "mount", "ipc", "uts", "cgroup"]
        if request.network == .none { namespaces.append("network") }
        return BundleSpecification(
            process: .init(
                user: .init(
                    uid: user.user, gid: user.group,
                    additionalGids: devices.flatMap { $0.edits.groups.isEmpty ? nil : $0.edits.groups }),
                args: command,
                env: variables.map { "\($0.key)=\($0.value)" }.sorted(), cwd: request.workingFolder,
                capabilities: .init(capabilities),
                rlimits: (request.limits.ulimits ?? []).map {
                    .init(
                        type: "RLIMIT_\($0.name.uppercased())", soft: UInt64(bitPattern: $0.soft),
                        hard: UInt64(bitPattern: $0.hard))
                }),
            root: .init(path: "root"), hostname: hostname,
            mounts: systemMounts + initMount + (devices?.mounts ?? []) + personsMounts,
            hooks: devices?.hooks,
            linux: .init(
                namespaces: namespaces.map { .init(type: $0) }, devices: devices?.nodes, resources: resources,
                cgroupsPath: host.groups == nil ? nil : Self.controlGroup(of: request.name), seccomp: .standard,
                maskedPaths: Self.masked, readonlyPaths: Self.readOnly))
    }

    static func controlGroup(of name: String) -> String { "/bunsen/\(name)" }

    /// Docker gives fourteen. A command that is not root needs none, and who is root on the host is not much more in a
    /// container than who owns the files.
    private var capabilities: [String] {
        user.user == 0 ? ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID"] : []
    }

    /// With the network of the machine goes its name: programs look up their own address by it.
    var hostname: String {
        guard request.network == .host else { return request.name }
        return (try? Files.readText("/proc/sys/kernel/hostname", limit: 256))
            .map { String($0.prefix { $0 != "\n" }) } ?? request.name
    }

    private var resources: BundleSpecification.Resources? {
        guard let groups = host.groups else { return nil }
        var resources = BundleSpecification.Resources(
            devices: [.init(allow: false, access: "rwm")] + (devices?.rules ?? []))
        let limits = request.limits
        resources.memory = limits.memory.map { limit in
            .init(limit: limit, swap: Self.limitsSwap(groups) ? limit : nil)
        }
        resources.cpu = limits.cpus.map { .init(quota: max(1000, Int64(($0 * 100_000).rounded())), period: 100_000) }
        resources.pids = limits.pids.map { .init(limit: $0) }
        return resources
    }

    /// Whether the kernel counts swap for control groups.
    static func limitsSwap(_ groups: ControlGroups) -> Bool {
        switch groups.version {
        case .one: Files.exists("\(groups.hierarchies["memory"] ?? "")/memory.memsw.limit_in_bytes")
        case .two: Files.exists("/proc/swaps")
        }
    }

    private var systemMounts: [BundleSpecification.Mount] {
        let restricted = ["nosuid", "noexec", "nodev"]
        var mounts: [BundleSpecification.Mount] = [
            .init(destination: "/proc", type: "proc", source: "proc", options: restricted),
            .init(
                destination: "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            .init(
                destination: "/dev/pts", type: "devpts", source: "devpts",
                // A user namespace of one user has no group 5 (tty).
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
                    + (host.isRootless ? [] : ["gid=5"])),
            .init(
                destination: "/dev/shm", type: "tmpfs", source: "shm",
                options: restricted + ["mode=1777", "size=\(request.limits.sharedMemoryOrDefault)"]),
            .init(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: restricted),
        ]
        if host.isRootless {
            // The kernel lets only the owner of a network namespace mount what shows it.
            mounts.append(
                .init(destination: "/sys", type: "none", source: "/sys", options: restricted + ["rbind", "ro"]))
        } else {
            mounts.append(.init(destination: "/sys", type: "sysfs", source: "sysfs", options: restricted + ["ro"]))
            mounts.append(
                .init(
                    destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
                    options: restricted + ["relatime", "ro"]))
        }
        return mounts
    }

    private var initMount: [BundleSpecification.Mount] {
        guard let initProgram else { return [] }
        return [
            .init(
                destination: Self.initPlace, type: "none", source: initProgram,
                options: ["bind", "ro", "nosuid", "nodev"])
        ]
    }

    /// Outer ones first. What is mounted below a folder comes along, and is as read-only as the folder.
    private var personsMounts: [BundleSpecification.Mount] {
        request.mounts.sorted { $0.destination.utf8.count < $1.destination.utf8.count }.map { mount in
            .init(
                destination: mount.destination, type: "none", source: mount.source,
                options: ["rbind", "rprivate", "nosuid", "nodev"] + (mount.isReadOnly ? ["ro", "rro"] : ["rw"]))
        }
    }

    /// Files of the kernel that tell of the machine, or change it, as Docker hides and protects them.
    private static let masked = [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
        "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/proc/interrupts", "/sys/firmware",
        "/sys/devices/virtual/powercap",
    ]
    private static let readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}
