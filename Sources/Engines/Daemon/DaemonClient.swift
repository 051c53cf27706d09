import FoundationEssentials
import Glibc
import HostSystem

/// Requests in Docker's HTTP interface, of the newest version that both sides know.
struct DaemonClient: Sendable {
    /// What this program was written against; daemons speak all versions from their least one to their newest.
    private static let newest = APIVersion(major: 1, minor: 51)

    let address: DaemonAddress
    let version: APIVersion
    /// `Server:` of the daemon, such as `Docker/20.10.24 (linux)`.
    let server: String

    /// Asks the daemon who it is.
    ///
    /// - Throws: `SystemError` when nobody answers there, `EngineError` when it is not Docker's interface.
    init(_ address: DaemonAddress) throws {
        let connection = try DaemonConnection(address, "GET", "/_ping", patience: 20)
        guard connection.head.status == 200, let text = connection.head.headers["api-version"],
            let version = APIVersion(text)
        else {
            throw EngineError(
                "speak with", "\(address)", .badAnswer("what answers there does not have Docker's interface"))
        }
        self.address = address
        self.version = min(version, Self.newest)
        server = connection.head.headers["server"] ?? ""
    }

    /// An answer that came whole.
    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]
    }

    private static let bodyLimit = 16 << 20

    func send(
        _ method: String, _ path: String, _ query: [(String, String)] = [], body: (any Encodable)? = nil,
        archive: [UInt8]? = nil, headers: [(String, String)] = [], patience: Int? = 60
    ) throws -> Answer {
        let connection = try open(
            method, path, query, body: body, archive: archive, headers: headers, patience: patience)
        return Answer(
            status: connection.head.status, headers: connection.head.headers,
            body: try connection.readAll(limit: Self.bodyLimit))
    }

    /// The connection behind an answer's head, for answers that go on for long.
    ///
    /// - Parameters:
    ///   - body: sent as JSON.
    ///   - archive: sent as tar, instead.
    func open(
        _ method: String, _ path: String, _ query: [(String, String)] = [], body: (any Encodable)? = nil,
        archive: [UInt8]? = nil, headers: [(String, String)] = [], patience: Int? = 60
    ) throws -> DaemonConnection {
        let words = query.map { "\($0)=\(Self.escaped($1))" }.joined(separator: "&")
        // Podman's own interface has versions of its own.
        let version = path.hasPrefix("/libpod/") ? "4.0.0" : "\(version)"
        let target = "/v\(version)\(path)\(words.isEmpty ? "" : "?\(words)")"
        var headers = headers
        var bytes: [UInt8] = []
        if let body {
            headers.append(("Content-Type", "application/json"))
            bytes = Array(try JSONEncoder().encode(body))
        } else if let archive {
            headers.append(("Content-Type", "application/x-tar"))
            bytes = archive
        }
        return try DaemonConnection(address, method, target, headers: headers, body: bytes, patience: patience)
    }

    /// The value of an answer.
    ///
    /// - Parameter operation: for errors, with `value`.
    func value<Value: Decodable>(
        _ type: Value.Type, _ answer: Answer, _ operation: String, _ value: String
    ) throws -> Value {
        try check(answer, operation, value)
        do {
            return try JSONDecoder().decode(Value.self, from: Data(answer.body))
        } catch {
            throw EngineError(operation, value, .badAnswer("the answer is not what it should be (\(error))"))
        }
    }

    /// Throws the daemon's own words for an answer that is no success.
    func check(_ answer: Answer, _ operation: String, _ value: String) throws {
        guard answer.status >= 300 else { return }
        if answer.status == 404 { throw EngineError(operation, value, .missing) }
        throw EngineError(operation, value, .said(Self.message(answer)))
    }

    static func message(_ answer: Answer) -> String {
        struct Message: Decodable { let message: String }
        if let said = try? JSONDecoder().decode(Message.self, from: Data(answer.body)) {
            return String(said.message.prefix(1000)).lowercasedFirst
        }
        return "it answered with status \(answer.status)"
    }

    /// RFC 3986: what is not unreserved is escaped.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default: escaped += "%" + Hexadecimal.text([byte]).uppercased()
            }
        }
        return escaped
    }
}

/// A version of Docker's interface, such as 1.41.
struct APIVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]), (0...999).contains(major),
            (0...999).contains(minor)
        else { return nil }
        self.init(major: major, minor: minor)
    }

    static func < (left: APIVersion, right: APIVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    var description: String { "\(major).\(minor)" }
}
