/// A text or document that does not follow the OCI specifications: what it should be, the value, and why it is not.
package struct OCIModelError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Such as `an image reference`.
    package let expected: String
    package let value: String
    package let reason: String

    package init(_ expected: String, _ value: String, _ reason: String) {
        self.expected = expected
        self.value = value.count > 200 ? "\(value.prefix(200))…" : value
        self.reason = reason
    }

    package var description: String { "\"\(value)\" is not \(expected): \(reason)" }
}
