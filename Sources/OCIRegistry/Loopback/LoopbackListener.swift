import Glibc
import HostSystem
import Synchronization

/// Accepts connections on a free port of 127.0.0.1 and serves a bounded number of them, a thread for each.
final class LoopbackListener: Sendable {
    typealias Handler = @Sendable (LoopbackRequest) -> LoopbackAnswer

    let port: Int
    private let socket: Descriptor
    private let isStopped = Atomic(false)
    private let connections = Mutex<Set<Int32>>([])

    /// More at once than any puller opens; others wait in the queue.
    private static let connectionLimit = 32

    init() throws {
        let number = Glibc.socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Int32(IPPROTO_TCP))
        guard number >= 0 else { throw SystemError("open", "a socket") }
        socket = Descriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listens = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(number, pointer, size) == 0 && listen(number, 64) == 0 && getsockname(number, pointer, &size) == 0
            }
        }
        guard listens else { throw SystemError("listen on", "127.0.0.1") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// Serves until `stop`.
    ///
    /// - Parameter onSent: told how many bytes of a file went out just now.
    func start(onSent: @escaping @Sendable (Int) -> Void = { _ in }, _ handler: @escaping Handler) {
        _ = BackgroundThread<Void> { [self] in accept(handler, onSent) }
    }

    /// Takes no further connections and ends those that are open.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        shutdown(socket.number, Int32(SHUT_RDWR))
        connections.withLock { for number in $0 { shutdown(number, Int32(SHUT_RDWR)) } }
    }

    private func accept(_ handler: @escaping Handler, _ onSent: @escaping @Sendable (Int) -> Void) {
        while !isStopped.load(ordering: .acquiring) {
            guard connections.withLock({ $0.count }) < Self.connectionLimit else {
                usleep(20_000)
                continue
            }
            let number = Glibc.accept(socket.number, nil, nil)
            guard number >= 0 else {
                if [EINTR, ECONNABORTED, EMFILE, ENFILE].contains(errno) {
                    usleep(20_000)
                    continue
                }
                return
            }
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
            let connection = Descriptor(owning: number)
            connections.withLock { _ = $0.insert(number) }
            _ = BackgroundThread<Void> { [self] in
                LoopbackConnection(connection, onSent).serve(handler)
                connections.withLock { _ = $0.remove(number) }
                withExtendedLifetime(connection) {}
            }
        }
    }
}
