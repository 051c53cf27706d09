/// What went wrong while text was turned into metrics or parameters.
///
/// `operation` says what was tried, `value` names the offending text (shortened), `cause` says why it failed.
package struct MetricTextError: Error, CustomStringConvertible, Sendable, Equatable {
    package var operation: String
    package var value: String
    package var cause: String

    package init(operation: String, value: String, cause: String) {
        self.operation = operation
        self.value = value.count > 200 ? String(value.prefix(200)) + "…" : value
        self.cause = cause
    }

    package var description: String { "cannot \(operation) '\(value)': \(cause)" }
}
