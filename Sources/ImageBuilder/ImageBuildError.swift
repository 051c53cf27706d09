/// Why an image could not be built: of what, the value, the reason, and what to do.
package struct ImageBuildError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// A locked package is no wheel.
        case notAWheel
        /// A wheel's bytes are neither here nor at the place that the lock names.
        case wheelUnavailable
        /// A wheel is not the one that was locked.
        case wrongWheel
        /// The Python of the lock cannot be had.
        case noPython
        /// The recipe asks for what this base cannot have.
        case unusableBase
        /// A shared library is missing, or too old.
        case proof
        /// The environment was made and does not import.
        case importFailed
        /// An engine or tool that the build needs is not there.
        case missingTool
        case tooManyLayers
    }

    package let kind: Kind
    package let subject: String
    package let reason: String
    package let hint: String?
    /// What a tool printed, for people who want all of it.
    package let detail: String?

    package init(_ kind: Kind, _ subject: String, _ reason: String, hint: String? = nil, detail: String? = nil) {
        self.kind = kind
        self.subject = subject
        self.reason = reason
        self.hint = hint
        self.detail = detail
    }

    package var description: String { "\(subject): \(reason)" }
}
