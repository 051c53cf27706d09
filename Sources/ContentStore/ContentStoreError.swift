import HostSystem
import OCIModel

/// The store could not do what it was asked. Failures of the system itself are `SystemError`.
package struct ContentStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Cause: Sendable, Hashable {
        case wrongDigest(expected: Digest, actual: Digest)
        case wrongSize(expected: Int64, actual: Int64)
        /// More bytes came than were announced or are accepted.
        case tooLong(limit: Int64)
        case missing
        case badName
        case inUse
    }

    /// Such as `store the layer`.
    package let operation: String
    /// What it was about: a digest, a file's name, a path.
    package let subject: String
    package let cause: Cause

    package init(_ operation: String, _ subject: String, _ cause: Cause) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    package var description: String { "cannot \(operation) \(subject): \(reason)" }

    private var reason: String {
        switch cause {
        case .wrongDigest(let expected, let actual): "its digest is \(actual), not \(expected)"
        case .wrongSize(let expected, let actual): "it has \(actual) bytes, not \(expected)"
        case .tooLong(let limit): "it has more than \(limit) bytes"
        case .missing: "it is not in the store"
        case .badName: "a file name without slashes is needed"
        case .inUse: "another process uses it"
        }
    }
}
