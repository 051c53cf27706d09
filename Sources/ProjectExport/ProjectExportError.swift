/// Why a project cannot be written in another tool's form.
package struct ProjectExportError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
