import ExperimentModel
import Glibc
import HostSystem

/// The control groups of this machine as they are mounted: version 1 with a hierarchy for each controller, or version 2
/// with one for all (cgroups(7)).
struct ControlGroups: Sendable, Hashable {
    enum Version: Sendable { case one, two }

    let version: Version
    /// By controller, such as `memory`; in version 2 all are the same folder.
    let hierarchies: [String: String]
    /// Where hierarchies are mounted, those without a limit of ours too: runc makes a group in each.
    let places: Set<String>

    init(version: Version, hierarchies: [String: String]) {
        self.version = version
        self.hierarchies = hierarchies
        places = Set(hierarchies.values)
    }

    /// An ordinary user may not make groups.
    static func forContainers() -> ControlGroups? { geteuid() == 0 ? ofThisMachine() : nil }

    static func ofThisMachine() -> ControlGroups? {
        (try? Files.readText("/proc/self/mountinfo")).flatMap { ControlGroups(mountInformation: $0) }
    }

    /// - Parameter mountInformation: the content of mountinfo (proc_pid_mountinfo(5)).
    init?(mountInformation text: String, controllers: (String) -> String? = { try? Files.readText($0) }) {
        var first: [String: String] = [:]
        var unified: String?
        var places: Set<String> = []
        for line in text.split(separator: "\n") {
            // Optional fields end with a dash; behind it are the type, the source and the options.
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, dash >= 6 else { continue }
            let place = String(fields[4])
            switch fields[dash + 1] {
            case "cgroup2":
                places.insert(place)
                if place == "/sys/fs/cgroup" { unified = place }
            case "cgroup":
                places.insert(place)
                for option in fields[dash + 3].split(separator: ",") { first[String(option)] = place }
            default: continue
            }
        }
        self.places = places
        if let unified {
            version = .two
            let names = (controllers("\(unified)/cgroup.controllers") ?? "").split(whereSeparator: \.isWhitespace)
            hierarchies = Dictionary(names.map { (String($0), unified) }) { place, _ in place }
        } else {
            guard first["memory"] != nil || first["pids"] != nil else { return nil }
            version = .one
            hierarchies = first.filter { ["memory", "cpu", "pids", "devices", "freezer"].contains($0.key) }
        }
    }
}

/// One control group: what it limits, and what happened in it.
struct ControlGroup: Sendable {
    let groups: ControlGroups
    /// Below the hierarchies, such as `/bunsen/NAME`.
    let path: String

    /// A file of a controller; nil where there is none.
    private func text(_ controller: String, _ file: String) -> String? {
        guard let place = groups.hierarchies[controller] else { return nil }
        return (try? Files.readText("\(place)\(path)/\(file)", limit: 1 << 20)).map { String($0.prefix { $0 != "\n" }) }
    }

    private func number(_ controller: String, _ file: String) -> Int64? {
        text(controller, file).flatMap { Int64($0) }
    }

    /// The limits that the kernel keeps now.
    var limits: ResourceLimits {
        var limits = ResourceLimits()
        switch groups.version {
        case .one:
            // No limit is the largest multiple of a page.
            limits.memory = number("memory", "memory.limit_in_bytes").flatMap { $0 < 1 << 62 ? $0 : nil }
            if let quota = number("cpu", "cpu.cfs_quota_us"), let period = number("cpu", "cpu.cfs_period_us") {
                limits.cpus = Self.cpus(quota, period)
            }
        case .two:
            limits.memory = number("memory", "memory.max")
            let words = (text("cpu", "cpu.max") ?? "").split(separator: " ").map { Int64($0) }
            if words.count == 2, let quota = words[0], let period = words[1] { limits.cpus = Self.cpus(quota, period) }
        }
        limits.pids = number("pids", "pids.max")
        return limits
    }

    private static func cpus(_ quota: Int64, _ period: Int64) -> Double? {
        quota > 0 && period > 0 ? Double(quota) / Double(period) : nil
    }

    /// Processes that the kernel killed because the group's memory was exhausted.
    var killedForMemory: Int64 {
        let file = groups.version == .one ? "memory.oom_control" : "memory.events"
        guard let place = groups.hierarchies["memory"],
            let text = try? Files.readText("\(place)\(path)/\(file)", limit: 1 << 20)
        else { return 0 }
        for line in text.split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return Int64(line.dropFirst(9)) ?? 0
        }
        return 0
    }

    private var folders: [String] { groups.places.map { $0 + path } }

    /// Ends what is left in the group, and the group itself.
    func remove() {
        // An empty group goes at the first try; one with processes takes until they are gone.
        for _ in 0..<200 {
            var isGone = true
            for folder in folders {
                if rmdir(folder) == 0 || errno == ENOENT { continue }
                isGone = false
                for line in ((try? Files.readText("\(folder)/cgroup.procs")) ?? "").split(separator: "\n") {
                    if let id = pid_t(line), id > 1 { kill(id, SIGKILL) }
                }
            }
            if isGone { return }
            usleep(10_000)
        }
    }
}
