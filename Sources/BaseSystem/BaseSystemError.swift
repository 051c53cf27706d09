/// Pinning or building the base of an image failed: what was attempted, why it did not work, and what may help.
package struct BaseSystemError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// apt, mmdebstrap or another program is not installed.
        case missingTool
        /// This machine may not make user namespaces, and this is not root.
        case noNamespaces
        /// No mirror of the suite is known.
        case noMirror
        case noNetwork, unverified, missingPackage, impossible, withdrawn, hashMismatch, diskFull, noPython
        case unusableInput, interrupted, other
    }

    package let kind: Kind
    /// Such as "cannot build the base".
    package let operation: String
    /// One sentence, lower case, no full stop.
    package let cause: String
    package let hint: String?
    /// The tool's own explanation, for people who want all of it.
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
