import ExperimentModel
import HostSystem

/// The limits of setrlimit(2) that a process has, from /proc (proc_pid_limits(5)).
struct ProcessLimits {
    private var values: [String: ResourceUlimit] = [:]

    /// By the names that Docker has for them.
    private static let titles = [
        "as": "Max address space", "core": "Max core file size", "cpu": "Max cpu time", "data": "Max data size",
        "fsize": "Max file size", "locks": "Max file locks", "memlock": "Max locked memory",
        "msgqueue": "Max msgqueue size", "nice": "Max nice priority", "nofile": "Max open files",
        "nproc": "Max processes", "rss": "Max resident set", "rtprio": "Max realtime priority",
        "rttime": "Max realtime timeout", "sigpending": "Max pending signals", "stack": "Max stack size",
    ]

    init?(process: String) {
        guard let text = try? Files.readText("/proc/\(process)/limits", limit: 1 << 16) else { return nil }
        for line in text.split(separator: "\n") {
            for (name, title) in Self.titles where line.hasPrefix(title + " ") {
                let words = line.dropFirst(title.utf8.count).split(separator: " ")
                guard words.count >= 2, let soft = Self.number(words[0]), let hard = Self.number(words[1]) else {
                    continue
                }
                values[name] = ResourceUlimit(name: name, soft: soft, hard: hard)
            }
        }
    }

    private static func number(_ text: Substring) -> Int64? { text == "unlimited" ? -1 : Int64(text) }

    subscript(name: String) -> ResourceUlimit? { values[name] }

    /// Throws for a limit that this process could not set for a child.
    static func check(_ asked: [ResourceUlimit]) throws {
        guard !asked.isEmpty, !mayRaise, let own = ProcessLimits(process: "self") else { return }
        for limit in asked {
            guard let hard = own[limit.name]?.hard, hard != -1 else { continue }
            guard limit.hard != -1, limit.hard <= hard else {
                throw EngineError(
                    "set the ulimit", "\(limit)",
                    .refused("the hard limit of this process is \(hard), and it may not raise it"))
            }
        }
    }

    /// CAP_SYS_RESOURCE of capabilities(7), bit 24.
    private static var mayRaise: Bool {
        guard let text = try? Files.readText("/proc/self/status", limit: 1 << 16),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
            let bits = UInt64(line.dropFirst(7).filter { !$0.isWhitespace }, radix: 16)
        else { return false }
        return bits >> 24 & 1 == 1
    }
}
