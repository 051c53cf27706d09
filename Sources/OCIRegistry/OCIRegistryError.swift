import HTTPTransfer
import OCIModel

/// Something that holds images could not do what it was asked. Failures of the system itself are `SystemError`.
package struct OCIRegistryError: Error, CustomStringConvertible {
    package enum Cause: Sendable {
        /// 401: nobody was named, or the name and password are wrong.
        case unauthorized(hadCredentials: Bool, said: String)
        /// 403.
        case denied(said: String)
        case missing
        /// 413, of something with these bytes.
        case tooLarge(size: Int64, said: String)
        /// 429 to the end. Seconds that the server wants to be left alone, where it says so.
        case busy(retryAfter: Double?)
        case status(Int, said: String)
        case wrongDigest(expected: Digest, actual: Digest)
        case wrongSize(expected: Int64, actual: Int64)
        case transfer(HTTPTransferError)
        case document(OCIModelError)
        case credentials(String)
        /// An archive or a folder that is not what it should be.
        case damaged(String)
        case unsupported(String)
    }

    /// Such as `push the blob sha256:…`.
    package let operation: String
    /// A repository, a folder or a file.
    package let place: String
    package let cause: Cause

    package init(_ operation: String, _ place: String, _ cause: Cause) {
        self.operation = operation
        self.place = place
        self.cause = cause
    }

    package var description: String { "cannot \(operation) (\(place)): \(cause)" }

    package var isMissing: Bool { if case .missing = cause { true } else { false } }
}

extension OCIRegistryError.Cause: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unauthorized(let hadCredentials, let said):
            (hadCredentials ? "the registry refuses the name and password" : "the registry wants a name and a password")
                + Self.quoted(said)
        case .denied(let said): "the registry does not allow it" + Self.quoted(said)
        case .missing: "it is not there"
        case .tooLarge(let size, let said):
            "the server, or a proxy before it, takes no request of \(size) bytes (413)" + Self.quoted(said)
        case .busy(let seconds):
            "the server is busy (429)" + (seconds.map { ", it asks to come back in \(Int($0.rounded(.up))) s" } ?? "")
        case .status(let status, let said): "the server answered \(status)" + Self.quoted(said)
        case .wrongDigest(let expected, let actual): "its digest is \(actual), not \(expected)"
        case .wrongSize(let expected, let actual): "it has \(actual) bytes, not \(expected)"
        case .transfer(let error): "\(error)"
        case .document(let error): "\(error)"
        case .credentials(let reason), .damaged(let reason), .unsupported(let reason): reason
        }
    }

    private static func quoted(_ said: String) -> String { said.isEmpty ? "" : ", it says: \(said)" }
}
