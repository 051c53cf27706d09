/// Something an engine could not do: what, with what, and why.
package struct EngineError: Error, CustomStringConvertible {
    package enum Cause: Sendable {
        /// Asked for what this engine cannot keep, such as a memory limit of a plain process.
        case refused(String)
        /// The engine is not there, or does not let us in.
        case unusable(String)
        /// There is no such container or image.
        case missing
        /// There is one, and it does not run any more.
        case ended
        /// The command is not there.
        case noCommand
        /// The command is there and cannot be executed.
        case notExecutable(String)
        /// The engine's own words, for everything else.
        case said(String)
        /// The engine answered something that its interface does not have.
        case badAnswer(String)
        /// Text of the person that is not understood.
        case notUnderstood(String)
    }

    package let operation: String
    package let value: String
    package let cause: Cause
    package var hint: String?

    package init(_ operation: String, _ value: String, _ cause: Cause, hint: String? = nil) {
        self.operation = operation
        self.value = value
        self.cause = cause
        self.hint = hint
    }

    package var description: String {
        let reason =
            switch cause {
            case .refused(let reason), .unusable(let reason), .notExecutable(let reason), .said(let reason),
                .badAnswer(let reason), .notUnderstood(let reason):
                reason
            case .missing: "there is none of that name"
            case .ended: "it has ended"
            case .noCommand: "there is no such command"
            }
        return "cannot \(operation) \(value): \(reason)"
    }
}
