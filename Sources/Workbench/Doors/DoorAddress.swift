import Glibc
import HostSystem

/// Where a door listens.
package struct DoorAddress: Sendable, Hashable, Codable {
    /// An IPv4 address: loopback, or 0.0.0.0 for every address of the machine.
    package var host: String
    package var port: Int

    package static let loopback = "127.0.0.1"
    package static let everywhere = "0.0.0.0"

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// How this machine itself reaches it.
    package var own: DoorAddress { DoorAddress(host: Self.loopback, port: port) }

    package var isFree: Bool {
        guard let socket = Self.newSocket() else { return false }
        var yes: Int32 = 1
        // As servers do: what a closed one leaves in the kernel for a minute does not count.
        setsockopt(socket.number, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        return withAddress { bind(socket.number, $0, $1) } == 0 && listen(socket.number, 1) == 0
    }

    /// The first bytes that a server sends by itself; nil where nobody answers within a moment.
    package func greeting(limit: Int = 256) -> [UInt8]? {
        guard let socket = Self.newSocket() else { return nil }
        var patience = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard withAddress({ connect(socket.number, $0, $1) }) == 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = retryingInterrupts { recv(socket.number, &bytes, limit, 0) }
        return count > 0 ? Array(bytes[..<count]) : nil
    }

    private static func newSocket() -> Descriptor? {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        return number < 0 ? nil : Descriptor(owning: number)
    }

    private func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// The choice of a port.
package enum DoorPort {
    /// A free port: the one that was asked for and no other, else the usual one or the first free one after it.
    ///
    /// - Parameters:
    ///   - asked: nil where any will do.
    ///   - usual: what this kind of server has everywhere, or had here before.
    ///   - taken: ports that are promised to others of this machine and may be free just now.
    package static func choose(asked: Int?, usual: Int, host: String, taken: Set<Int> = []) throws -> Int {
        if let asked {
            guard (1024...65535).contains(asked) else {
                throw WorkbenchError(
                    .notUnderstood, "port \(asked) is of no use: an ordinary user's ports are 1024 to 65535")
            }
            guard DoorAddress(host: host, port: asked).isFree else {
                throw WorkbenchError(
                    .unavailable, "port \(asked) is taken by another program",
                    hint: "leave it out, and a free one is chosen; who has it: ss -tlnp 'sport = :\(asked)'")
            }
            return asked
        }
        for port in usual..<min(usual + 1000, 65536) where !taken.contains(port) {
            if DoorAddress(host: host, port: port).isFree { return port }
        }
        throw WorkbenchError(
            .unavailable, "no port from \(usual) on is free", hint: "name one that is: --port NUMBER")
    }
}
