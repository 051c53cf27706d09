import Glibc
import HTTPTransfer
import HostSystem
import OCIModel

/// Brings one blob into a registry (OCI distribution specification, "Pushing blobs"): in one request where that goes
/// through, in parts where it was cut or where parts are wanted.
struct BlobUpload {
    private let registry: RemoteRegistry
    private let descriptor: ContentDescriptor
    private let content: BlobContent
    private let operation: String

    private static let attempts = 5
    /// From this size on an upload may outlive a token, and gets one of its own.
    private static let longUpload: Int64 = 32 << 20

    init(_ registry: RemoteRegistry, _ descriptor: ContentDescriptor, _ content: BlobContent) {
        self.registry = registry
        self.descriptor = descriptor
        self.content = content
        operation = "push the blob \(descriptor.digest)"
    }

    /// An upload that the server knows.
    private struct Session {
        var location: WebAddress
        /// Bytes that the server has.
        var offset: Int64 = 0
        /// The least that it takes in a part.
        var leastChunk: Int64 = 0
    }

    /// An answer after which the upload may go on or begin anew.
    private struct Interruption: Error {
        let cause: OCIRegistryError
        let retryAfter: String?
    }

    func run() throws {
        var session = try begin()
        var failures = 0
        while true {
            let before = session.offset
            do { return try sendRest(&session) } catch let interruption as Interruption {
                failures = session.offset > before ? 1 : failures + 1
                guard failures < Self.attempts,
                    let delay = registry.session.settings.retries.delay(
                        afterAttempt: failures, retryAfter: interruption.retryAfter)
                else { throw interruption.cause }
                registry.session.settings.onRetry(interruption.cause, delay)
                try pause(delay)
                session = try resumed(session) ?? begin()
                content.onProgress(session.offset)
            }
        }
    }

    private func begin() throws -> Session {
        var call = try registry.call("POST", "blobs/uploads/", operation, registry.pushScope)
        call.body = HTTPBody([])
        let response = try send(call)
        guard response.status == 202 else { throw try registry.failure(call, response) }
        return Session(
            location: try location(response, from: nil),
            leastChunk: response.headers.size("OCI-Chunk-Min-Length") ?? 0)
    }

    private func sendRest(_ session: inout Session) throws {
        if session.offset == 0, registry.session.settings.uploadChunk == nil {
            return try finish(session, carrying: body(from: 0, size: descriptor.size))
        }
        while session.offset < descriptor.size {
            let chunk = max(registry.session.settings.uploadChunk ?? .max, session.leastChunk, 1)
            let size = min(chunk, descriptor.size - session.offset)
            var call = try self.call("PATCH", session.location)
            call.headers = [
                "Content-Type": "application/octet-stream",
                "Content-Range": "\(session.offset)-\(session.offset + size - 1)",
            ]
            call.body = try body(from: session.offset, size: size)
            let start = session.offset
            let onProgress = content.onProgress
            call.onSent = { onProgress(start + $0) }
            let response = try send(call)
            if response.status == 416 {
                // The server has another number of bytes than we think: ask.
                guard let actual = try resumed(session) else { throw interruption(call, response) }
                guard actual.offset != session.offset else { throw try registry.failure(call, response) }
                session = actual
                continue
            }
            guard response.head.succeeded else { throw try refused(call, response) }
            session.location = try location(response, from: session.location)
            session.offset += size
            if let said = Self.end(ofRange: response.headers["Range"]), said > 0, said != session.offset {
                guard said > start, said < session.offset else {
                    throw OCIRegistryError(operation, registry.name, .wrongSize(expected: session.offset, actual: said))
                }
                session.offset = said
            }
        }
        try finish(session, carrying: HTTPBody([]))
    }

    private func finish(_ session: Session, carrying body: HTTPBody) throws {
        let query = RegistryAuthorizer.form([("digest", descriptor.digest.description)])
        let text = session.location.text
        var call: RegistryCall
        do {
            call = try self.call("PUT", WebAddress("\(text)\(text.contains("?") ? "&" : "?")\(query)"))
        } catch let error as HTTPTransferError {
            throw OCIRegistryError(operation, registry.name, .transfer(error))
        }
        call.headers = ["Content-Type": "application/octet-stream"]
        call.body = body
        // The server may copy the whole blob before it answers.
        call.stallTimeout = 600
        if body.size > 0 {
            let onProgress = content.onProgress
            call.onSent = { onProgress($0) }
        }
        let response = try send(call)
        guard response.head.succeeded else { throw try refused(call, response) }
        content.onProgress(descriptor.size)
    }

    /// Where an interrupted upload stands, by the server's own word; nil when it has forgotten it.
    private func resumed(_ session: Session) throws -> Session? {
        var call = try self.call("GET", session.location)
        call.attempts = 3
        guard let response = try? send(call), response.status == 204 || response.status == 200 else { return nil }
        var actual = session
        guard let location = try? location(response, from: session.location),
            let end = Self.end(ofRange: response.headers["Range"]), end <= descriptor.size
        else { return nil }
        actual.location = location
        actual.offset = end
        return actual
    }

    /// `0-999` means 1000 bytes; `0-0` is what registries say of none, so that one byte counts as none.
    static func end(ofRange text: String?) -> Int64? {
        guard let text else { return nil }
        let value = text.hasPrefix("bytes=") ? text.dropFirst(6) : text[...]
        let ends = value.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends[0] == "0", let last = Int64(ends[1]), last >= 0, last < .max else { return nil }
        return last == 0 ? 0 : last + 1
    }

    private func body(from offset: Int64, size: Int64) throws -> HTTPBody {
        let content = content
        return HTTPBody(size: size) { try content.open(offset) }
    }

    private func call(_ method: String, _ address: WebAddress) throws -> RegistryCall {
        var call = RegistryCall(method, address, operation: operation, scopes: [registry.pushScope])
        call.cancellation = content.cancellation
        // After a failure the server's word counts, not a blind repetition.
        call.attempts = 1
        call.wantsFreshToken = descriptor.size >= Self.longUpload && method != "GET"
        return call
    }

    private func send(_ call: RegistryCall) throws -> HTTPResponse {
        do { return try registry.host().send(call) } catch let error as OCIRegistryError {
            guard call.attempts == 1, case .transfer(let transfer) = error.cause, transfer.isPassing else {
                throw error
            }
            throw Interruption(cause: OCIRegistryError(operation, registry.name, error.cause), retryAfter: nil)
        }
    }

    private func refused(_ call: RegistryCall, _ response: HTTPResponse) throws -> any Error {
        RetryPolicy.isPassing(response.status)
            ? interruption(call, response) : try registry.failure(call, response)
    }

    private func interruption(_ call: RegistryCall, _ response: HTTPResponse) -> any Error {
        do {
            return Interruption(
                cause: try registry.failure(call, response), retryAfter: response.headers["Retry-After"])
        } catch { return error }
    }

    /// Where the upload goes on. It may be relative, and its query is the server's own.
    static func location(of response: HTTPResponse) throws(HTTPTransferError) -> WebAddress {
        let address = response.head.address
        guard let text = response.headers["Location"] else {
            throw HTTPTransferError(
                operation: "use", address: "\(address)", cause: .badAnswer("the answer does not say where to go on"))
        }
        let location = try address.resolving(text)
        // A registry that does not know of the proxy with TLS before it.
        if address.isSecure, !location.isSecure, location.host == address.host {
            return try WebAddress("https\(location.text.dropFirst(4))")
        }
        return location
    }

    private func location(_ response: HTTPResponse, from previous: WebAddress?) throws -> WebAddress {
        if response.headers["Location"] == nil, let previous { return previous }
        do { return try Self.location(of: response) } catch {
            throw OCIRegistryError(operation, registry.name, .transfer(error))
        }
    }

    private func pause(_ seconds: Double) throws {
        let end = monotonicSeconds() + seconds
        while monotonicSeconds() < end {
            if content.cancellation?.isCancelled == true {
                throw OCIRegistryError(
                    operation, registry.name,
                    .transfer(HTTPTransferError(operation: "PUT", address: registry.name, cause: .cancelled)))
            }
            usleep(50_000)
        }
    }
}
