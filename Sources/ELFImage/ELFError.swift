/// A file begins like ELF and is not what the specification says.
package struct ELFError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Cause: Sendable, Hashable {
        case truncated
        case malformed(String)
        /// More of something than any real file has.
        case tooMuch(String)
    }

    /// The part that was read, such as `the program headers`.
    package let part: String
    package let cause: Cause

    package init(_ part: String, _ cause: Cause) {
        self.part = part
        self.cause = cause
    }

    /// The file is too short to be one of ELF, whatever it begins with.
    var isOfShortFile: Bool { part == Self.identification && cause == .truncated }
    static let identification = "the ELF identification"

    package var description: String {
        switch cause {
        case .truncated: "cannot read \(part): the file ends before"
        case .malformed(let reason): "cannot read \(part): \(reason)"
        case .tooMuch(let limit): "cannot read \(part): more than \(limit)"
        }
    }
}
