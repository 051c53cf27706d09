/// Locking, or making an environment, failed: what was attempted, why it did not work, and what may help.
package struct ResolverError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case impossible, missingPackage, withdrawn, noNetwork, timeout, serverError, authentication, certificate
        case hashMismatch, diskFull, noPython, noUV, unusableInput, interrupted, other
    }

    package let kind: Kind
    /// Such as "cannot lock the packages".
    package let operation: String
    /// One sentence, lower case, no full stop.
    package let cause: String
    package let hint: String?
    /// The tool's own explanation, for people who want all of it; nil where `cause` has it.
    package let detail: String?

    package init(_ kind: Kind, _ operation: String, _ cause: String, hint: String? = nil, detail: String? = nil) {
        self.kind = kind
        self.operation = operation
        self.cause = cause
        self.hint = hint
        self.detail = detail
    }

    package var description: String { "\(operation): \(cause)" }
}
