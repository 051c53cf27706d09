import HTTPTransfer
import HostSystem

/// What an answer that is an error means.
enum RegistryAnswer {
    /// - Parameter size: bytes that the request carried.
    static func cause(
        _ head: HTTPHead, _ body: [UInt8], hadCredentials: Bool, size: Int64
    ) -> OCIRegistryError.Cause {
        let said = ServerMessage.text(body)
        switch head.status {
        case 401: return .unauthorized(hadCredentials: hadCredentials, said: said)
        case 403: return .denied(said: said)
        case 404: return .missing
        case 413: return .tooLarge(size: size, said: said)
        case 429:
            return .busy(
                retryAfter: head.headers["Retry-After"].flatMap { RetryPolicy.seconds(retryAfter: $0, now: .now) })
        default: return .status(head.status, said: said)
        }
    }
}
