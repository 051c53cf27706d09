import RecipeModel

/// Where things are in an image. A change here changes layers, so it comes with a new `version`.
package struct ImageLayout: Sendable, Hashable, Codable {
    /// Part of every layer's key.
    package static let version = 1
    /// The virtual environment.
    package static let prefix = "/opt/bunsen"
    /// What a project is mounted at, and where commands start.
    package static let workspace = "/workspace"
    package static let userName = "bunsen"
    /// One moment for every file that has none of its own: 2000-01-01, safely after what zip and tar cannot say.
    package static let fileTime: Int64 = 946_684_800

    /// `3.11`.
    package let python: String
    package let pythonMinor: Int
    /// The interpreter that the environment's `python` links to.
    package let baseInterpreter: String

    package init(python: PythonVersion, baseInterpreter: String) {
        self.python = "\(python)"
        pythonMinor = python.minor
        self.baseInterpreter = baseInterpreter
    }

    package var sitePackages: String { "\(Self.prefix)/lib/python\(python)/site-packages" }
    package var interpreter: String { "\(Self.prefix)/bin/python" }
}
