import Glibc
import HostSystem

/// Where an engine's daemon listens.
package enum DaemonAddress: Sendable, Hashable, CustomStringConvertible {
    case socket(String)
    case tcp(host: String, port: UInt16)

    /// As `DOCKER_HOST` writes it: `unix:///run/docker.sock`, `tcp://127.0.0.1:2375`.
    ///
    /// - Throws: `EngineError` for a way that is not spoken here.
    package init(_ text: String) throws {
        if text.hasPrefix("unix://") {
            let path = String(text.dropFirst(7))
            guard path.hasPrefix("/"), path.utf8.count < Self.longestPath else {
                throw EngineError(
                    "reach", text,
                    .unusable("the path of a socket is absolute and has up to \(Self.longestPath - 1) bytes"))
            }
            self = .socket(path)
            return
        }
        for prefix in ["tcp://", "http://"] where text.hasPrefix(prefix) {
            let rest = text.dropFirst(prefix.count).split(separator: "/").first ?? ""
            guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...]), port > 0,
                colon != rest.startIndex
            else { throw EngineError("reach", text, .unusable("an address is written tcp://host:port")) }
            self = .tcp(host: rest[..<colon].split { "[]".contains($0) }.joined(), port: port)
            return
        }
        throw EngineError(
            "reach", text, .unusable("only unix:// and tcp:// can be spoken to"),
            hint: "a daemon elsewhere cannot mount this machine's folders; run Bunsen there")
    }

    /// sun_path of unix(7), with its final zero.
    private static let longestPath = 108

    package var description: String {
        switch self {
        case .socket(let path): path
        case .tcp(let host, let port): "\(host):\(port)"
        }
    }

    /// `unix:///run/docker.sock`, for the environment of other programs.
    package var url: String {
        switch self {
        case .socket(let path): "unix://\(path)"
        case .tcp(let host, let port): "tcp://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    /// Sees that somebody listens there.
    ///
    /// - Throws: `SystemError` with the kernel's reason, such as EACCES, when nobody can be talked to.
    package func probe() throws { _ = try connect() }

    /// A connection, which the caller owns.
    func connect() throws -> Descriptor {
        switch self {
        case .socket(let path): try Self.connect(path: path)
        case .tcp(let host, let port): try Self.connect(host: host, port: port)
        }
    }

    private static func connect(path: String) throws -> Descriptor {
        let socket = try open(AF_UNIX)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                retryingInterrupts { Glibc.connect(socket.number, pointer, socklen_t(MemoryLayout<sockaddr_un>.size)) }
            }
        }
        guard result == 0 else { throw SystemError("connect to", path) }
        return socket
    }

    private static func connect(host: String, port: UInt16) throws -> Descriptor {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0 else {
            throw SystemError("find the address of", host, code: EHOSTUNREACH)
        }
        defer { freeaddrinfo(found) }
        var code = EHOSTUNREACH
        var next = found
        while let entry = next?.pointee {
            let socket = try open(entry.ai_family)
            if retryingInterrupts({ Glibc.connect(socket.number, entry.ai_addr, entry.ai_addrlen) }) == 0 {
                return socket
            }
            code = errno
            next = entry.ai_next
        }
        throw SystemError("connect to", "\(host):\(port)", code: code)
    }

    private static func open(_ family: Int32) throws -> Descriptor {
        let number = Glibc.socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("open", "a socket") }
        return Descriptor(owning: number)
    }
}
