import Glibc
import HostSystem
import TestSupport

/// An image without PyTorch, locked once: what building it anew elsewhere has to give.
struct SmallImage {
    let project: Project
    /// Of the image that the shared store of the tests has.
    let digest: String

    static let recipe = """
        name: small
        python: "3.11"
        packages: [numpy, idna]

        """

    /// Builds it where that is not done yet.
    static let built = Result { try build() }

    private static func build() throws -> SmallImage {
        let project = Project(folder: "\(Project.home)/small-image")
        try Files.makeFolder(project.folder)
        // Two processes that test at once share the project.
        let lock = try FileLock.wait("\(project.folder)/lock")
        defer { withExtendedLifetime(lock) {} }
        try project.write(recipe, to: "bunsen.yaml")
        try project.lockImage()
        let result = try project.bunsen(
            "build", "--locked", "-t", "localhost/small:1", "--format", "json", timeout: 1800)
        return SmallImage(project: project, digest: try BuiltDigest.of(result))
    }

    /// A project of the same locks in a folder, whose data folder is `home` and has the Debian packages, and nothing else.
    func copy(to folder: String, home: String) throws -> Project {
        var copy = Project(folder: folder, home: home)
        copy.environment["TMPDIR"] = nil
        for name in ["bunsen.yaml", "bunsen.lock", "pylock.toml", "bunsen-image.lock"] {
            try copy.write(project.read(name), to: name)
        }
        let packages = "\(home)/cache/packages"
        try Files.makeFolder(packages)
        for match in try project.read("bunsen-image.lock").matches(of: /[0-9a-f]{64}/) {
            let package = "\(Project.home)/cache/packages/\(match.0)"
            if Files.exists(package) { try Files.write(try Files.read(package), to: "\(packages)/\(match.0)") }
        }
        return copy
    }
}
