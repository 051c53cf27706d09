import Glibc
import HostSystem

/// Finds out whether anybody uses a workbench.
struct IdleWatch {
    private let server: JupyterServer?
    private let shellPort: Int?
    private var lastSeen = monotonicSeconds()
    private var lastActivity: String?

    init(server: JupyterServer?, shellPort: Int?) {
        self.server = server
        self.shellPort = shellPort
    }

    /// Looks, and says for how many seconds nobody has been there.
    mutating func look() -> Double {
        if isUsed() { lastSeen = monotonicSeconds() }
        return monotonicSeconds() - lastSeen
    }

    private mutating func isUsed() -> Bool {
        if let shellPort, Self.hasConnection(to: shellPort) { return true }
        guard let server, case .ready(let status) = server.ask() else { return false }
        defer { lastActivity = status.last_activity }
        return (status.connections ?? 0) > 0 || status.last_activity != lastActivity
    }

    /// Whether a connection to a port of this machine is open (proc_net(5), state 01 of /proc/net/tcp).
    static func hasConnection(to port: Int, table: String? = nil) -> Bool {
        let tables = table.map { [$0] } ?? ["/proc/net/tcp", "/proc/net/tcp6"].compactMap { try? Files.readText($0) }
        return tables.contains { table in
            table.split(separator: "\n").dropFirst().contains { line in
                let fields = line.split(separator: " ", maxSplits: 4)
                guard fields.count > 3, fields[3] == "01", let colon = fields[1].lastIndex(of: ":") else {
                    return false
                }
                return Int(fields[1][fields[1].index(after: colon)...], radix: 16) == port
            }
        }
    }
}
