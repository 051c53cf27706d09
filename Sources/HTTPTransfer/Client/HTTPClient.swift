import Glibc
import HostSystem
import Synchronization

/// An HTTP client for large files and small answers: HTTP/1.1 and 2, TLS, proxies from the environment, redirects,
/// retries, connections used again. All calls wait; any number of threads may use one client.
package final class HTTPClient: Sendable {
    package struct Configuration: Sendable {
        package var userAgent = "bunsen"
        package var connectTimeout: Double = 30
        package var retries = RetryPolicy()
        package var redirectLimit = 10
        /// The settings for a host and a port.
        package var tls: @Sendable (_ host: String, _ port: Int) -> TLSSettings = { _, _ in TLSSettings() }
        /// Told why a request is sent again, and after how many seconds.
        package var onRetry: @Sendable (HTTPTransferError, Double) -> Void = { _, _ in }

        package init() {}
    }

    package let configuration: Configuration
    private let idle = Mutex<[CurlSession]>([])
    private static let idleLimit = 16

    package init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// Sends a request and reads the whole answer, again where it failed in passing.
    ///
    /// An answer that is an error (404, or 503 at last) is a normal result.
    ///
    /// - Parameter limit: bytes of the body that are accepted.
    /// - Throws: `HTTPTransferError`, or what reading the request's body threw.
    package func send(_ request: HTTPRequest, limit: Int = 4 << 20) throws -> HTTPResponse {
        try attempting(request) { exchange in
            do {
                return HTTPResponse(head: exchange.head, body: try exchange.readAll(limit: limit))
            } catch is TooManyBytes {
                throw HTTPTransferError(
                    operation: request.method, address: "\(request.address)", cause: .tooLarge(limit: Int64(limit)))
            }
        }
    }

    /// Sends a request, again where it failed in passing before the head of an answer, and returns the answer for
    /// reading. From there on nothing is repeated: who reads knows where to go on.
    package func open(_ request: HTTPRequest) throws -> HTTPExchange { try attempting(request) { $0 } }

    private func attempting<Result>(_ request: HTTPRequest, _ body: (HTTPExchange) throws -> Result) throws -> Result {
        var attempt = 1
        while true {
            let failure: HTTPTransferError
            var retryAfter: String?
            do {
                let exchange = try following(request)
                let head = exchange.head
                guard RetryPolicy.isPassing(head.status), attempt < request.attempts else { return try body(exchange) }
                retryAfter = head.headers["Retry-After"]
                guard configuration.retries.delay(afterAttempt: 1, retryAfter: retryAfter) != nil else {
                    return try body(exchange)
                }
                exchange.close()
                failure = HTTPTransferError(
                    operation: request.method, address: "\(request.address)", cause: .status(head.status, ""))
            } catch let error as HTTPTransferError where error.isPassing && attempt < request.attempts {
                failure = error
            }
            guard let delay = configuration.retries.delay(afterAttempt: attempt, retryAfter: retryAfter) else {
                throw failure
            }
            configuration.onRetry(failure, delay)
            try pause(delay, request)
            attempt += 1
        }
    }

    /// Follows redirects ourselves, because credentials must not follow to another host.
    private func following(_ original: HTTPRequest) throws -> HTTPExchange {
        var request = original
        for _ in 0...configuration.redirectLimit {
            let exchange = try start(request)
            guard [301, 302, 303, 307, 308].contains(exchange.head.status),
                let location = exchange.head.headers["Location"]
            else { return exchange }
            exchange.close()
            let next = try request.address.resolving(location)
            if request.address.isSecure, !next.isSecure {
                throw HTTPTransferError(
                    operation: request.method, address: "\(request.address)",
                    cause: .badRedirect("it leads from https to \(next)"))
            }
            if !next.hasOrigin(of: request.address) {
                for name in ["Authorization", "Cookie", "Proxy-Authorization"] { request.headers.set(name, nil) }
            }
            let keepsMethod = [307, 308].contains(exchange.head.status) || ["GET", "HEAD"].contains(request.method)
            if !keepsMethod {
                request.method = "GET"
                request.body = nil
                request.headers.set("Content-Type", nil)
            }
            request.address = next
        }
        throw HTTPTransferError(
            operation: original.method, address: "\(original.address)",
            cause: .badRedirect("there are more than \(configuration.redirectLimit) of them"))
    }

    private func start(_ request: HTTPRequest) throws -> HTTPExchange {
        if request.cancellation?.isCancelled == true {
            throw HTTPTransferError(operation: request.method, address: "\(request.address)", cause: .cancelled)
        }
        let origin = "\(request.address.host):\(request.address.port)"
        let kept = idle.withLock { sessions in
            sessions.lastIndex { $0.origin == origin }.map { sessions.remove(at: $0) } ?? sessions.popLast()
        }
        guard let session = kept ?? CurlSession() else {
            throw HTTPTransferError(
                operation: request.method, address: "\(request.address)", cause: .noLibrary)
        }
        return try HTTPExchange(request, on: session, configuration: configuration) { [weak self] session in
            self?.idle.withLock { if $0.count < Self.idleLimit { $0.append(session) } }
        }
    }

    private func pause(_ seconds: Double, _ request: HTTPRequest) throws {
        let end = monotonicSeconds() + seconds
        while true {
            if request.cancellation?.isCancelled == true {
                throw HTTPTransferError(operation: request.method, address: "\(request.address)", cause: .cancelled)
            }
            let rest = end - monotonicSeconds()
            if rest <= 0 { return }
            usleep(UInt32(min(rest, 0.1) * 1e6))
        }
    }
}
