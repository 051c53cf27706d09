import HostSystem

/// An entry that could not be written or changed: what was attempted, on what, and why.
package struct RecorderError: Error, CustomStringConvertible {
    package let operation: String
    package let subject: String
    package let cause: any Error

    package init(_ operation: String, _ subject: String, cause: any Error) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    init(_ operation: String, _ subject: String, reason: String) {
        self.init(operation, subject, cause: Reason(text: reason))
    }

    package var description: String { "cannot \(operation) \(subject): \(cause)" }

    private struct Reason: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }
}
