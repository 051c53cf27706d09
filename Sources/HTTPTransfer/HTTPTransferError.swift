/// A transfer that failed: what was attempted, with which address, and why.
package struct HTTPTransferError: Error, CustomStringConvertible {
    package enum Cause: Sendable {
        case badAddress(String)
        /// There is no libcurl on this machine, or it does not start.
        case noLibrary
        /// No connection: name unknown, port closed, no route.
        case unreachable(String)
        /// The TLS handshake or the certificate's check failed.
        case tls(String, isCertificate: Bool)
        /// Nothing arrived for these seconds.
        case stalled(seconds: Double)
        /// The connection ended before the answer did.
        case cut(received: Int64, reason: String)
        case badRedirect(String)
        /// The answer breaks the protocol.
        case badAnswer(String)
        case status(Int, String)
        case tooLarge(limit: Int64)
        case cancelled
        case wrongSize(expected: Int64, found: Int64)
        case wrongDigest(expected: String, found: String)
    }

    /// Such as `GET` or `download`.
    package let operation: String
    package let address: String
    package let cause: Cause

    package init(operation: String, address: String, cause: Cause) {
        self.operation = operation
        self.address = address
        self.cause = cause
    }

    package var description: String { "cannot \(operation.lowercased()) \(address): \(cause)" }

    /// Whether the same request may well succeed a moment later.
    package var isPassing: Bool {
        switch cause {
        case .unreachable, .stalled, .cut: true
        case .status(let status, _): RetryPolicy.isPassing(status)
        default: false
        }
    }

    package var isCancelled: Bool { if case .cancelled = cause { true } else { false } }
}

extension HTTPTransferError.Cause: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badAddress(let reason), .unreachable(let reason), .badAnswer(let reason): reason
        case .noLibrary: "libcurl.so.4 is not on this machine; install it: apt-get install libcurl4"
        case .tls(let reason, let isCertificate):
            isCertificate ? "the server's certificate does not verify: \(reason)" : "TLS failed: \(reason)"
        case .stalled(let seconds): "nothing arrived for \(Int(seconds.rounded(.up))) s"
        case .cut(let received, let reason): "the connection ended after \(received) bytes: \(reason)"
        case .badRedirect(let reason): "its redirect was not followed: \(reason)"
        case .status(let status, let text): "the server answered \(status)" + (text.isEmpty ? "" : " (\(text))")
        case .tooLarge(let limit): "the answer has more than the \(limit) bytes that are accepted"
        case .cancelled: "it was cancelled"
        case .wrongSize(let expected, let found): "it should have \(expected) bytes and has \(found)"
        case .wrongDigest(let expected, let found): "its sha256 should be \(expected) and is \(found)"
        }
    }
}
