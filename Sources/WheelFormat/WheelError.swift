import HostSystem

/// A wheel could not be read, planned or installed: what was attempted, on which wheel and file, and why not.
package struct WheelError: Error, Equatable, CustomStringConvertible {
    package enum Operation: String, Sendable {
        /// The zip as a whole: its directory, its name, its metadata.
        case open
        /// The content of one file in it.
        case read
        case install
    }

    package let operation: Operation
    /// The wheel's file name.
    package let wheel: String
    /// The file in the wheel that is at fault, as the wheel names it; nil where it is the wheel as a whole.
    package let member: String?
    package let cause: Cause

    package init(_ operation: Operation, wheel: String, member: String? = nil, _ cause: Cause) {
        self.operation = operation
        self.wheel = wheel
        self.member = member
        self.cause = cause
    }

    package var description: String {
        let place = member.map { ": \(Self.shown($0))" } ?? ""
        return "cannot \(operation.rawValue) \(Self.shown(wheel))\(place): \(cause)"
    }

    /// A name from outside, fit for one line on a terminal.
    static func shown(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars.prefix(300) {
            text += scalar.properties.generalCategory == .control ? "?" : String(scalar)
        }
        return text
    }
}

extension WheelError {
    package enum Cause: Error, Equatable, Sendable {
        case system(SystemError)
        case zip(ZipFault)
        case name(String)
        case metadata(String)
        case record(RecordFault)
        case entryPoint(String)
        /// A file that must not be written where the wheel wants it.
        case destination(String)
        /// Two wheels own one path with different content.
        case conflict(path: String, otherWheel: String)
    }
}

extension WheelError.Cause: CustomStringConvertible {
    package var description: String {
        switch self {
        case .system(let error): error.description
        case .zip(let fault): fault.description
        case .name(let text), .metadata(let text), .entryPoint(let text), .destination(let text): text
        case .record(let fault): fault.description
        case .conflict(let path, let other):
            "\(WheelError.shown(path)) is also in \(WheelError.shown(other)), with different content"
        }
    }
}
