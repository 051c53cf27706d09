import Glibc
import HostSystem
import TestSupport

/// The image of Examples/digits, built and pushed by the real `bunsen` once for all tests of this process, in a real
/// registry that lives as long as `body`. The lock, the base, the layers and what the registry holds stay in the tests'
/// data folder: only the first build on a machine is slow.
struct DigitsImage {
    let registry: RealRegistry
    let digest: String
    /// A folder of this test alone.
    let folder: String

    static let repository = "interop/digits"

    /// By digest, as engines pull it.
    var reference: String { "\(registry.host)/\(Self.repository)@\(digest)" }

    static func with(_ body: (DigitsImage) throws -> Void) throws {
        let digest = try built.get()
        try withTemporaryFolder { folder in
            // The folder is closed to others, and the image's user is none of ours.
            chmod(folder, 0o755)
            try RealRegistry.with(folder, options) { registry in
                try body(DigitsImage(registry: registry, digest: digest, folder: folder))
            }
        }
    }

    // MARK: The one build

    private static let kept = "\(Project.home)/interop"
    /// The project of the image, with its locks.
    static let project = Project(folder: "\(kept)/digits")

    /// That of the example, without what is not needed to train: every engine here unpacks all of it.
    static let recipe = """
        name: digits
        torch: "2.13"
        cuda: cpu
        packages: [numpy, scikit-learn]
        compiler: false

        """

    private static let built = Result { try build() }

    private static var options: RealRegistry.Options {
        var options = RealRegistry.Options()
        options.data = "\(kept)/registry"
        return options
    }

    private static func build() throws -> String {
        try Files.makeFolder(project.folder)
        // Two processes that test at once share the project and the registry's data.
        let lock = try FileLock.wait("\(kept)/lock")
        defer { withExtendedLifetime(lock) {} }
        try Files.write(recipe, to: "\(project.folder)/bunsen.yaml")
        try project.lockImage()
        return try withTemporaryFolder { folder in
            try RealRegistry.with(folder, options) { registry in
                let name = "\(registry.host)/\(repository):digits"
                let digest = try BuiltDigest.of(
                    project.bunsen(
                        "build", "--locked", "--bytecode", "--push", "-t", name, "--format", "json", timeout: 1800))
                // The port is another one next time, and a name of the store that stays.
                _ = try project.bunsen("image", "tag", name, Self.name)
                _ = try project.bunsen("image", "delete", "store:\(name)")
                return digest
            }
        }
    }

    /// In Bunsen's store.
    static let name = "localhost/interop/digits:digits"

    /// A folder with the example, which the image's user may write, to be mounted at /workspace.
    func workspace() throws -> Project {
        let project = Project(folder: "\(folder)/workspace")
        try Files.makeFolder(project.folder)
        try project.copyExample("digits")
        guard chown(project.folder, Self.userID, Self.userID) == 0 else {
            throw SystemError("give to the image's user", project.folder)
        }
        return project
    }

    static let userID: uid_t = 1000
}
