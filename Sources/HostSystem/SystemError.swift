import Glibc

/// A call to the operating system that failed: what was attempted, on what, and the system's own reason.
package struct SystemError: Error, CustomStringConvertible, Equatable {
    package let operation: String
    package let subject: String
    package let code: Int32

    package init(_ operation: String, _ subject: String, code: Int32 = errno) {
        self.operation = operation
        self.subject = subject
        self.code = code
    }

    /// The system's words for the code, such as "No space left on device".
    package var reason: String { String(cString: strerror(code)) }

    package var description: String { "cannot \(operation) \(subject): \(reason.lowercasedFirst)" }
}

extension String {
    /// The text with its first letter in lower case, for messages that continue a sentence.
    package var lowercasedFirst: String {
        // An abbreviation, such as SSL or TLS, stays as it is.
        dropFirst().first?.isUppercase == true ? self : prefix(1).lowercased() + dropFirst()
    }
}

/// Repeats a system call that a signal interrupted. Returns the call's result, negative only for a real failure.
package func retryingInterrupts<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
