/// A standard stream of the command.
package enum OutputStream: UInt8, Sendable, Hashable, CaseIterable {
    case stdout, stderr

    package var name: String { self == .stdout ? "stdout" : "stderr" }
}
