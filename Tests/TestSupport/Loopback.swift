import Glibc
import HostSystem

/// Sockets on 127.0.0.1.
package enum Loopback {
    /// A socket that listens on a port that is free.
    package static func listen() throws -> (listener: Descriptor, port: Int) {
        let listener = Descriptor(
            owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        var address = address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = listener.number
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(number, pointer, size) == 0 && Glibc.listen(number, 64) == 0
                    && getsockname(number, pointer, &size) == 0
            }
        }
        guard bound else { throw SystemError("listen on", "loopback") }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    package static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    package static func connect(_ port: Int) throws -> Descriptor {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("make", "a socket") }
        let connection = Descriptor(owning: number)
        var address = address(port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw SystemError("connect to", "port \(port)") }
        return connection
    }
}
