import Glibc
import HostSystem

/// The processes below one process, read from /proc (proc(5)).
package struct ProcessTree: Sendable {
    package struct Member: Sendable {
        package let id: pid_t
        /// Processor time so far, in clock ticks, of the process itself.
        package let ticks: UInt64
        /// Resident bytes.
        package let memory: UInt64
    }

    package let members: [Member]

    /// Reads the descendants of `root`, without `root` itself. Processes that end meanwhile are left out.
    package static func below(_ root: pid_t) -> ProcessTree {
        var members: [Member] = []
        var open = children(of: root)
        while let id = open.popLast(), members.count < 65536 {
            if let member = member(id) { members.append(member) }
            open += children(of: id)
        }
        return ProcessTree(members: members)
    }

    /// The same with `root` itself.
    package static func from(_ root: pid_t) -> ProcessTree {
        ProcessTree(members: (member(root).map { [$0] } ?? []) + below(root).members)
    }

    /// The children that a process's threads started. Reading every process of the machine and comparing parents
    /// would give the same, and costs a thousand times more on a shared server.
    private static func children(of id: pid_t) -> [pid_t] {
        var children: [pid_t] = []
        for thread in (try? Files.names(in: "/proc/\(id)/task")) ?? [] {
            guard let bytes = try? Files.read("/proc/\(id)/task/\(thread)/children") else { continue }
            for word in bytes.split(separator: UInt8(ascii: " ")) {
                if let child = pid_t(String(decoding: word, as: UTF8.self)) { children.append(child) }
            }
        }
        return children
    }

    private static func member(_ id: pid_t) -> Member? {
        guard let bytes = try? Files.read("/proc/\(id)/stat"),
            // The command's name may hold spaces and parentheses, so fields count from its last parenthesis.
            let close = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " "))
        // Fields 3 (state), 14 (utime), 15 (stime) and 24 (rss, in pages) of the manual page.
        guard fields.count > 21, fields[0] != [UInt8(ascii: "Z")],
            let user = UInt64(String(decoding: fields[11], as: UTF8.self)),
            let system = UInt64(String(decoding: fields[12], as: UTF8.self)),
            let pages = UInt64(String(decoding: fields[21], as: UTF8.self))
        else { return nil }
        return Member(
            id: id, ticks: user &+ system, memory: pages.multipliedReportingOverflow(by: pageSize).partialValue)
    }

    private static let pageSize = UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
}
