import FoundationEssentials
import HTTPTransfer
import HostSystem
import OCIModel
import Synchronization

/// What may be done in a repository, in the words of token servers.
struct AccessScope: Sendable, Hashable, Comparable {
    let path: String
    /// `pull`, `pull,push`, `delete,pull`, or `*`.
    let actions: String
    var type = "repository"

    var text: String { "\(type):\(path):\(actions)" }

    static func < (left: AccessScope, right: AccessScope) -> Bool { left.text < right.text }
}

/// Shows one registry who asks: nothing, Basic, or a token that a token server gives (the distribution project's token
/// specification). Tokens are kept until shortly before they expire.
final class RegistryAuthorizer: Sendable {
    private enum Method: Sendable {
        case nothing
        case basic
        case bearer(realm: WebAddress, service: String?)
    }

    private struct Token: Sendable {
        let value: String
        /// By the monotonic clock.
        let expiry: Double
        let fetched: Double
    }

    private struct State {
        var method = Method.nothing
        var tokens: [[AccessScope]: Token] = [:]
        var credentials: [String: RegistryCredentials?] = [:]
    }

    private let registry: String
    private let client: HTTPClient
    private let readCredentials: @Sendable (_ path: String?) throws -> RegistryCredentials?
    private let state = Mutex(State())
    /// Held while a token is fetched: parallel uploads ask once.
    private let fetching = Mutex<Void>(())

    init(
        registry: String, client: HTTPClient,
        credentials: @escaping @Sendable (_ path: String?) throws -> RegistryCredentials?
    ) {
        self.registry = registry
        self.client = client
        readCredentials = credentials
    }

    func credentials(for scopes: [AccessScope]) throws -> RegistryCredentials? {
        let path = scopes.first { $0.type == "repository" }?.path
        let key = path ?? ""
        if let known = state.withLock({ $0.credentials[key] }) { return known }
        let found = try readCredentials(path)
        state.withLock { $0.credentials[key] = .some(found) }
        return found
    }

    /// Notes what an answer of 401 asks for.
    ///
    /// - Returns: false when it asks for nothing that is known here.
    func learn(_ head: HTTPHead) throws -> Bool {
        let challenges = AuthenticationChallenge.parse(head.headers.all("WWW-Authenticate"))
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }), let realm = bearer.parameters["realm"] {
            let address: WebAddress
            do { address = try head.address.resolving(realm) } catch {
                throw OCIRegistryError("ask for a token", registry, .transfer(error))
            }
            guard address.isSecure || !head.address.isSecure || address.isLoopback else {
                throw OCIRegistryError(
                    "ask for a token", registry,
                    .unsupported("its token server \(address) would get passwords unencrypted"))
            }
            state.withLock { $0.method = .bearer(realm: address, service: bearer.parameters["service"]) }
            return true
        }
        guard challenges.contains(where: { $0.scheme == "basic" }) else { return false }
        state.withLock { $0.method = .basic }
        return true
    }

    /// The value of `Authorization` for a request; nil for none.
    ///
    /// - Parameter fresh: a kept token may have become stale, or must last for a long upload.
    func header(for scopes: [AccessScope], fresh: Bool, cancellation: Cancellation?) throws -> String? {
        switch state.withLock({ $0.method }) {
        case .nothing: return nil
        case .basic: return try credentials(for: scopes)?.basicHeader
        case .bearer(let realm, let service):
            let credentials = try credentials(for: scopes)
            if case .bearer(let token) = credentials { return "Bearer \(token)" }
            let key = Array(Set(scopes)).sorted()
            let asked = monotonicSeconds()
            return try fetching.withLock { _ in
                // Another thread may have asked while this one waited.
                if let token = state.withLock({ $0.tokens[key] }), token.expiry > monotonicSeconds() + 10,
                    !fresh || token.fetched > asked
                {
                    return "Bearer \(token.value)"
                }
                let token = try fetch(realm, service, key, credentials, cancellation)
                state.withLock { $0.tokens[key] = token }
                return "Bearer \(token.value)"
            }
        }
    }

    private struct Answer: Decodable {
        let token: String?
        let access_token: String?
        let expires_in: Double?
    }

    private func fetch(
        _ realm: WebAddress, _ service: String?, _ scopes: [AccessScope], _ credentials: RegistryCredentials?,
        _ cancellation: Cancellation?
    ) throws -> Token {
        var fields: [(String, String)] = service.map { [("service", $0)] } ?? []
        var request: HTTPRequest
        if case .identityToken(let token) = credentials {
            fields += [("client_id", "bunsen"), ("grant_type", "refresh_token"), ("refresh_token", token)]
            fields.append(("scope", scopes.map(\.text).joined(separator: " ")))
            request = HTTPRequest("POST", realm, headers: ["Content-Type": "application/x-www-form-urlencoded"])
            request.body = HTTPBody(Array(Self.form(fields).utf8))
        } else {
            fields += scopes.map { ("scope", $0.text) }
            let query = Self.form(fields)
            let separator = realm.text.contains("?") ? "&" : "?"
            request = HTTPRequest("GET", try WebAddress(query.isEmpty ? realm.text : realm.text + separator + query))
            request.headers.set("Authorization", credentials?.basicHeader)
        }
        request.cancellation = cancellation
        request.totalTimeout = 60
        let response: HTTPResponse
        do { response = try client.send(request, limit: 1 << 20) } catch let error as HTTPTransferError {
            throw OCIRegistryError("ask for a token", registry, .transfer(error))
        }
        guard response.head.succeeded else {
            throw OCIRegistryError(
                "ask for a token", registry,
                RegistryAnswer.cause(response.head, response.body, hadCredentials: credentials != nil, size: 0))
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)),
            let value = answer.token ?? answer.access_token, !value.isEmpty,
            value.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        else {
            throw OCIRegistryError("ask for a token", registry, .unsupported("the answer of \(realm) holds no token"))
        }
        // The specification's default, and its least.
        let life = max(60, min(answer.expires_in ?? 60, 86400))
        let now = monotonicSeconds()
        return Token(value: value, expiry: now + life, fetched: now)
    }

    /// `application/x-www-form-urlencoded`.
    static func form(_ fields: [(String, String)]) -> String {
        fields.map { "\(encoded($0.0))=\(encoded($0.1))" }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + Hexadecimal.text([byte]).uppercased()
            }
        }
        return result
    }
}
