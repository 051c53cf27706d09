import Glibc

/// The file could not be opened or read. Damage inside a file is not an error: see `ReadOutcome`.
package struct EventFileError: Error, Equatable, CustomStringConvertible {
    package enum Operation: String, Sendable {
        case open, examine, read
    }

    package enum Cause: Equatable, Sendable {
        /// A system call failed with this `errno`.
        case system(Int32)
        /// A folder, a pipe, a device: something that cannot be read at an offset.
        case notARegularFile
        /// The path holds a zero byte.
        case invalidPath
    }

    package let operation: Operation
    package let path: String
    package let cause: Cause

    package init(operation: Operation, path: String, cause: Cause) {
        self.operation = operation
        self.path = path
        self.cause = cause
    }

    /// Whether the file is not there (any more): to be expected while a folder is being followed.
    package var isMissingFile: Bool { cause == .system(ENOENT) || cause == .system(ENOTDIR) }

    package var description: String {
        let reason =
            switch cause {
            case .system(let code): String(cString: strerror(code))
            case .notARegularFile: "not a regular file"
            case .invalidPath: "the path holds a zero byte"
            }
        return "cannot \(operation.rawValue) event file \(path): \(reason)"
    }
}
