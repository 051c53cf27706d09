/// Something that keeps a workbench from opening, or from being used.
package struct WorkbenchError: Error, CustomStringConvertible {
    package enum Kind: Sendable {
        /// What the person wrote is not understood.
        case notUnderstood
        /// A file, a key or a workbench that was named does not exist.
        case missing
        /// Something on this machine is not as it has to be: a port that is taken, a program that is not there.
        case unavailable
        /// What was asked for is not done, for safety.
        case refused
        /// It was started and does not answer, or has ended.
        case broken
    }

    package let kind: Kind
    package let message: String
    package var hint: String?

    package init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    package var description: String { message }
}
