import HostSystem

/// A layer could not be made or read. Failures of the system itself (a full disk) are `SystemError`s.
package struct LayerArchiveError: Error, Equatable, CustomStringConvertible {
    package enum Operation: String, Sendable {
        case add, make, read, unpack
    }

    package enum Cause: Error, Equatable, Sendable {
        // deflate, gzip and zstd streams
        case invalidCompression(String)
        case truncated
        case trailingBytes(Int)
        case wrongSize(declared: Int, actual: Int)
        /// More bytes come out than were declared; reading stopped there.
        case largerThanDeclared(Int)
        case wrongChecksum(declared: UInt32, actual: UInt32)
        case wrongDigest(declared: String, actual: String)
        // tar
        case invalidHeader(String)
        case tooLarge(what: String, limit: Int)
        case notUTF8
        // names
        case unsafePath
        case twice
        case valueOutOfRange(String)
        case unsupported(String)
        case missingLinkTarget(String)
        /// Something is in the way that may not be replaced.
        case occupied(by: String)
        /// The writer was finished, or failed before.
        case closed
    }

    package let operation: Operation
    /// The file in the layer, or the name of the layer.
    package let subject: String
    package let cause: Cause

    package init(_ operation: Operation, _ subject: String, _ cause: Cause) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    package var description: String { "cannot \(operation.rawValue) \(subject): \(cause.reason)" }
}

extension LayerArchiveError.Cause {
    package var reason: String {
        switch self {
        case .invalidCompression(let why): "the compressed data is damaged: \(why)"
        case .truncated: "the data ends too early"
        case .trailingBytes(let count): "\(count) bytes follow the end of the compressed data"
        case .wrongSize(let declared, let actual): "it has \(actual) bytes, not the \(declared) that are declared"
        case .largerThanDeclared(let declared): "it has more than the \(declared) bytes that are declared"
        case .wrongChecksum(let declared, let actual):
            "its CRC-32 is \(String(actual, radix: 16)), not \(String(declared, radix: 16)) as declared"
        case .wrongDigest(let declared, let actual): "its SHA-256 is \(actual), not \(declared) as declared"
        case .invalidHeader(let why): "the tar header is not valid: \(why)"
        case .tooLarge(let what, let limit): "\(what) is larger than the \(limit) bytes that are accepted"
        case .notUTF8: "the name is not UTF-8"
        case .unsafePath: "the path leads out of the layer"
        case .twice: "the path is in the layer twice"
        case .valueOutOfRange(let what): "\(what) is out of range"
        case .unsupported(let what): "\(what) is not supported"
        case .missingLinkTarget(let target): "the target of the hard link, \(target), is not there"
        case .occupied(let what): "\(what) is in the way"
        case .closed: "the layer is closed"
        }
    }
}
