import Glibc
import HostSystem
import Synchronization

/// Stands before a server on loopback, passes everything on, counts it, and is as slow as a test wants.
package final class CountingProxy: Sendable {
    package let port: Int
    private let listener: Descriptor
    private let target: Int
    private let bytesPerSecond: Int?
    private let total = Atomic(0)
    private let isStopped = Atomic(false)

    /// - Parameters:
    ///   - target: the server's port.
    ///   - bytesPerSecond: of each connection and direction; nil for no limit.
    package init(before target: Int, bytesPerSecond: Int? = nil) throws {
        self.target = target
        self.bytesPerSecond = bytesPerSecond
        (listener, port) = try Loopback.listen()
        startThread { [self] in accept() }
    }

    /// Bytes in both directions so far.
    package var bytes: Int { total.load(ordering: .relaxed) }

    package func stop() {
        isStopped.store(true, ordering: .relaxed)
        shutdown(listener.number, Int32(SHUT_RDWR))
    }

    private func accept() {
        while !isStopped.load(ordering: .relaxed) {
            let number = Glibc.accept(listener.number, nil, nil)
            guard number >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            let client = Descriptor(owning: number)
            let server = Descriptor(
                owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
            var address = Loopback.address(target)
            let done = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard done == 0 else { continue }
            startThread { [self] in pass(from: client, to: server) }
            startThread { [self] in pass(from: server, to: client) }
        }
    }

    private func pass(from: Descriptor, to: Descriptor) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        defer {
            shutdown(from.number, Int32(SHUT_RDWR))
            shutdown(to.number, Int32(SHUT_RDWR))
        }
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(from.number, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return }
            total.add(count, ordering: .relaxed)
            if let bytesPerSecond { usleep(UInt32(count * 1_000_000 / bytesPerSecond)) }
            var sent = 0
            while sent < count {
                let part = buffer[sent..<count].withUnsafeBytes {
                    send(to.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard part > 0 else { return }
                sent += part
            }
        }
    }
}
