import FoundationEssentials
import HTTPTransfer
import OCIModel

/// One request to a registry.
struct RegistryCall: Sendable {
    var method: String
    var address: WebAddress
    /// For messages: what the request is for.
    var operation: String
    var scopes: [AccessScope]
    var headers: HTTPHeaders = [:]
    var body: HTTPBody?
    var attempts = 5
    /// Asks for a new token even where one is kept, before a request that takes long.
    var wantsFreshToken = false
    /// Asks for a token even where the registry does not want one.
    var wantsToken = false
    var stallTimeout: Double = 60
    var cancellation: Cancellation?
    var onSent: (@Sendable (Int64) -> Void)?

    init(_ method: String, _ address: WebAddress, operation: String, scopes: [AccessScope]) {
        self.method = method
        self.address = address
        self.operation = operation
        self.scopes = scopes
    }
}

/// A registry's server: its address, and what it wants to be shown.
final class RegistryHost: Sendable {
    /// As in references.
    let registry: String
    /// The server's root.
    let root: WebAddress
    private let session: RegistrySession
    private let authorizer: RegistryAuthorizer

    /// Looks at a registry for the first time: with or without TLS, with or without a password.
    init(
        _ registry: String, session: RegistrySession,
        credentials: @escaping @Sendable (_ path: String?) throws -> RegistryCredentials?
    ) throws {
        self.registry = registry
        self.session = session
        authorizer = RegistryAuthorizer(registry: registry, client: session.client, credentials: credentials)
        var failure: (any Error)?
        for candidate in try Self.candidates(registry, insecure: session.settings.insecure.contains(registry)) {
            do {
                let head = try Self.ping(candidate, session)
                // A server with TLS that is spoken to without answers 400.
                if head.status == 400, !candidate.isSecure { continue }
                if head.status == 401 { _ = try authorizer.learn(head) }
                root = candidate
                return
            } catch let error as HTTPTransferError where !error.isCancelled {
                // The failure of the way that was meant first says most.
                failure = failure ?? OCIRegistryError("reach the registry", registry, .transfer(error))
            }
        }
        throw failure
            ?? OCIRegistryError("reach the registry", registry, .unsupported("it does not speak this protocol"))
    }

    private static func candidates(_ registry: String, insecure: Bool) throws -> [WebAddress] {
        // References say docker.io, and its registry is there.
        let host = registry == "docker.io" ? "registry-1.docker.io" : registry
        do {
            let secure = try WebAddress("https://\(host)/")
            let plain = try WebAddress("http://\(host)/")
            // Loopback with TLS is rarer than without, and some servers without it never answer a greeting with it.
            if secure.isLoopback { return [plain, secure] }
            return insecure ? [secure, plain] : [secure]
        } catch {
            throw OCIRegistryError("reach the registry", registry, .transfer(error))
        }
    }

    private static func ping(_ root: WebAddress, _ session: RegistrySession) throws -> HTTPHead {
        var request = HTTPRequest("GET", try root.resolving("/v2/"))
        request.cancellation = session.settings.cancellation
        request.totalTimeout = 60
        request.attempts = root.isLoopback ? 1 : 3
        return try session.client.send(request, limit: 1 << 20).head
    }

    func address(_ path: String) throws -> WebAddress {
        do { return try root.resolving(path) } catch { throw OCIRegistryError("use", registry, .transfer(error)) }
    }

    /// Sends a request with what the registry wants to be shown. An answer that is an error is a result.
    func send(_ call: RegistryCall, limit: Int = ManifestDocument.sizeLimit) throws -> HTTPResponse {
        let exchange = try open(call)
        defer { exchange.close() }
        do {
            return HTTPResponse(head: exchange.head, body: try exchange.readAll(limit: limit))
        } catch let error as HTTPTransferError where error.isPassing && call.attempts > 1 {
            var again = call
            again.attempts = call.attempts - 1
            return try send(again, limit: limit)
        } catch let error as HTTPTransferError {
            throw OCIRegistryError(call.operation, registry, .transfer(error))
        } catch let error as TooManyBytes {
            throw OCIRegistryError(call.operation, registry, .unsupported("the answer is too long: \(error)"))
        }
    }

    /// As `send`, for an answer that is read as it comes.
    func open(_ call: RegistryCall) throws -> HTTPExchange {
        let exchange = try attempt(call, fresh: call.wantsFreshToken)
        guard exchange.head.status == 401, call.address.hasOrigin(of: root), try authorizer.learn(exchange.head) else {
            return exchange
        }
        // The token has expired, or does not cover this, or none was wanted before.
        exchange.close()
        return try attempt(call, fresh: true)
    }

    private func attempt(_ call: RegistryCall, fresh: Bool) throws -> HTTPExchange {
        var request = HTTPRequest(call.method, call.address, headers: call.headers, body: call.body)
        request.attempts = call.attempts
        request.stallTimeout = call.stallTimeout
        request.cancellation = call.cancellation ?? session.settings.cancellation
        request.onSent = call.onSent
        // An upload may be led to another server: it has to do without our password.
        if call.address.hasOrigin(of: root) {
            let header = try authorizer.header(for: call.scopes, fresh: fresh, cancellation: request.cancellation)
            request.headers.set("Authorization", header)
        }
        do { return try session.client.open(request) } catch let error as HTTPTransferError {
            throw OCIRegistryError(call.operation, registry, .transfer(error))
        }
    }

    func failure(_ call: RegistryCall, _ head: HTTPHead, _ body: [UInt8], place: String? = nil) -> OCIRegistryError {
        let known = (try? authorizer.credentials(for: call.scopes)) ?? nil
        let cause = RegistryAnswer.cause(head, body, hadCredentials: known != nil, size: call.body?.size ?? 0)
        return OCIRegistryError(call.operation, place ?? registry, cause)
    }

    /// All items of a list that comes in pages (OCI distribution specification, "Listing tags").
    func pages(_ path: String, key: String, operation: String, scopes: [AccessScope], place: String? = nil) throws
        -> [String]
    {
        var items: [String] = []
        var seen = Set<WebAddress>()
        var address: WebAddress? = try self.address(path)
        while let page = address, seen.insert(page).inserted, seen.count <= 1000 {
            let call = RegistryCall("GET", page, operation: operation, scopes: scopes)
            let response = try send(call, limit: 16 << 20)
            guard response.head.succeeded else { throw failure(call, response.head, response.body, place: place) }
            // A list that is null is empty.
            guard let body = try? JSONDecoder().decode([String: JSONTree].self, from: Data(response.body)) else {
                throw OCIRegistryError(operation, place ?? registry, .unsupported("the answer is not a list"))
            }
            if case .array(let names) = body[key] { items += names.compactMap(\.string) }
            address = try Self.next(response.headers).map { try page.resolving($0) }
            if let address, !address.hasOrigin(of: root) { break }
        }
        return items
    }

    /// The target of `Link: <…>; rel="next"` (RFC 8288).
    static func next(_ headers: HTTPHeaders) -> String? {
        for link in headers.all("Link") where link.lowercased().contains("rel=\"next\"") || link.contains("rel=next") {
            guard let start = link.firstIndex(of: "<"), let end = link[start...].firstIndex(of: ">") else { continue }
            return String(link[link.index(after: start)..<end])
        }
        return nil
    }
}
