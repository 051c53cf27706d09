import Glibc
import HostSystem

/// A `bunsen run` or `bunsen up` of anybody, as /proc shows it to everybody (proc(5)).
struct BunsenProcess {
    let identity: ProcessIdentity
    let user: uid_t
    /// The words behind `bunsen`.
    let arguments: [String]

    /// Nil for other processes.
    private init?(_ id: pid_t) {
        guard let name = try? Files.readText("/proc/\(id)/comm", limit: 256), name == "bunsen\n",
            let line = try? Files.read("/proc/\(id)/cmdline", limit: 1 << 20), let identity = ProcessIdentity(id)
        else { return nil }
        var status = stat()
        guard stat("/proc/\(id)", &status) == 0 else { return nil }
        arguments = line.split(separator: 0).dropFirst().map { String(decoding: $0, as: UTF8.self) }
        guard let first = arguments.first, ["run", "up"].contains(first) else { return nil }
        self.identity = identity
        user = status.st_uid
    }

    static func all() -> [BunsenProcess] {
        ((try? Files.names(in: "/proc")) ?? []).compactMap { pid_t($0) }.sorted().compactMap(BunsenProcess.init)
    }

    /// Nil where this user may not see it.
    var workingFolder: String? { Files.resolved("/proc/\(identity.id)/cwd") }

    /// It has the same words as its only child, and does nothing but wait for it.
    var waitsForDetached: Bool {
        (try? Files.readText("/proc/\(identity.id)/task/\(identity.id)/children", limit: 4096))
            .flatMap { $0.split(separator: " ").first }.flatMap { pid_t($0) }.flatMap(BunsenProcess.init)?.arguments
            == arguments
    }
}
