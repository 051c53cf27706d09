import Glibc
import HTTPTransfer
import HostSystem
import OCIModel

/// A blob of a registry as it comes over the network. After a cut it goes on where it was.
final class RemoteBlobReader: ByteReader {
    private let registry: RemoteRegistry
    private let descriptor: ContentDescriptor
    private var offset: Int64
    private var exchange: HTTPExchange?
    private var attemptsLeft = attempts

    private static let attempts = 5

    init(_ registry: RemoteRegistry, _ descriptor: ContentDescriptor, from offset: Int64) {
        self.registry = registry
        self.descriptor = descriptor
        self.offset = offset
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard offset < descriptor.size else { return 0 }
        while true {
            do {
                let exchange = try exchange ?? open()
                self.exchange = exchange
                let count = try exchange.read(into: buffer)
                if count == 0 {
                    throw HTTPTransferError(
                        operation: "GET", address: "\(exchange.head.address)",
                        cause: .cut(received: offset, reason: "the answer was complete too early"))
                }
                offset += Int64(count)
                guard offset <= descriptor.size else {
                    throw failed(.wrongSize(expected: descriptor.size, actual: offset))
                }
                attemptsLeft = Self.attempts
                if offset == descriptor.size { finish() }
                return count
            } catch let error as HTTPTransferError {
                exchange?.close()
                exchange = nil
                attemptsLeft -= 1
                guard error.isPassing, attemptsLeft > 0,
                    let delay = registry.session.settings.retries.delay(
                        afterAttempt: Self.attempts - attemptsLeft, retryAfter: nil)
                else { throw failed(.transfer(error)) }
                registry.session.settings.onRetry(error, delay)
                usleep(UInt32(min(delay, 60) * 1e6))
            }
        }
    }

    private func finish() {
        exchange?.close()
        exchange = nil
    }

    private func open() throws -> HTTPExchange {
        var call = try registry.call("GET", "blobs/\(descriptor.digest)", operation, registry.pullScope)
        if offset > 0 { call.headers = ["Range": "bytes=\(offset)-"] }
        let exchange = try registry.host().open(call)
        let head = exchange.head
        switch head.status {
        case 200:
            if let announced = head.headers.size("Content-Length"), announced != descriptor.size {
                throw failed(.wrongSize(expected: descriptor.size, actual: announced))
            }
            // The server does not give parts: pass over what is here.
            try skip(offset, of: exchange)
        case 206:
            guard ContentRange(head.headers["Content-Range"] ?? "")?.first == offset else {
                throw failed(.unsupported("the server sent another part than the one it was asked for"))
            }
        default:
            let body = (try? exchange.readAll(limit: 65536)) ?? []
            throw try registry.host().failure(call, head, body, place: registry.name)
        }
        return exchange
    }

    private func skip(_ count: Int64, of exchange: HTTPExchange) throws {
        guard count > 0 else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        var rest = count
        while rest > 0 {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, Int(clamping: rest))])
            let read = try exchange.read(into: part)
            guard read > 0 else { throw failed(.wrongSize(expected: descriptor.size, actual: count - rest)) }
            rest -= Int64(read)
        }
    }

    private var operation: String { "read the blob \(descriptor.digest)" }

    private func failed(_ cause: OCIRegistryError.Cause) -> OCIRegistryError {
        OCIRegistryError(operation, registry.name, cause)
    }
}
