import Glibc
import HostSystem
import TestSupport

/// An image with torch, JupyterLab and an ssh server, built once for all tests of this process; what it is built from
/// stays in the tests' data folder.
struct WorkbenchImage {
    static let recipe = """
        name: digits
        torch: "2.13"
        cuda: cpu
        packages: [numpy, scikit-learn]
        compiler: false
        tools: [jupyter, ssh]

        """

    private static let project = Project(folder: "\(Project.home)/workbench")

    private static let built = Result { try build() }

    private static func build() throws {
        try Files.makeFolder(project.folder)
        // Two processes that test at once share the project.
        let lock = try FileLock.wait("\(project.folder)/lock")
        defer { withExtendedLifetime(lock) {} }
        try project.write(recipe, to: "bunsen.yaml")
        try project.lockImage()
        let result = try project.bunsen("build", "--locked", "-t", "localhost/interop/workbench:1", timeout: 1800)
        guard result.succeeded else { throw Unexpected(result) }
    }

    /// A project of an ordinary user with the same lock, and a person with a home folder and a key.
    static func with<Result>(_ body: (WorkbenchPerson) throws -> Result) throws -> Result {
        try built.get()
        return try withTemporaryFolder { folder in
            chmod(folder, 0o755)
            let person = try WorkbenchPerson(folder)
            for name in ["bunsen.yaml", "bunsen.lock", "pylock.toml", "bunsen-image.lock"] {
                try person.project.write(project.read(name), to: name)
            }
            try person.own()
            defer { _ = try? person.project.bunsen("down", "--all") }
            return try body(person)
        }
    }
}

/// Somebody who opens workbenches: a project, a home folder, a key, a data folder whose store is that of the tests.
struct WorkbenchPerson {
    var project: Project
    let folder: String
    var home: String { "\(folder)/person" }
    static let userID: uid_t = 1000

    init(_ folder: String) throws {
        self.folder = folder
        project = Project(folder: "\(folder)/project", home: "\(folder)/home")
        try Files.makeFolder(project.folder)
        try Files.makeFolder("\(folder)/person/.ssh", mode: 0o700)
        try Files.makeFolder("\(folder)/home")
        for name in ["store", "cache", "tools"] { symlink("\(Project.home)/\(name)", "\(folder)/home/\(name)") }
        project.environment["HOME"] = home
        for name in ["SSH_AUTH_SOCK", "SSH_CONNECTION"] { project.environment[name] = nil }
        try makeKey("\(home)/.ssh/id_ed25519")
    }

    func makeKey(_ path: String) throws {
        let result = try program("ssh-keygen").run(["-q", "-t", "ed25519", "-N", "", "-f", path])
        guard result.succeeded else { throw Unexpected(result) }
    }

    /// Gives the project to an ordinary user, whom Bunsen then takes as the workbench's.
    func own() throws {
        let result = try program("chown").run(["-R", "\(Self.userID):\(Self.userID)", project.folder])
        guard result.succeeded else { throw Unexpected(result) }
    }

    @discardableResult
    func up(_ words: String...) throws -> Tool.Result {
        let result = try project.bunsen(arguments: ["up"] + words, timeout: 300)
        guard result.succeeded else { throw Unexpected(result) }
        return result
    }

    func sheet(_ words: String...) throws -> JSONValue {
        let result = try project.bunsen(arguments: ["up"] + words + ["--format", "json"], timeout: 300)
        guard result.succeeded else { throw Unexpected(result) }
        return try JSONValue(parsing: result.output)
    }

    /// The person's own ssh, with what Bunsen wrote and the person's key.
    func ssh(_ name: String, _ words: String..., options: [String] = [], key: String? = nil) throws -> Tool.Result {
        try sshTool().run(sshOptions(name, key: key) + options + [name] + words, timeout: 60)
    }

    func sshTool(_ name: String = "ssh") throws -> Tool {
        var tool = try program(name)
        tool.environment = project.environment
        return tool
    }

    func sshOptions(_ name: String, key: String? = nil) -> [String] {
        [
            "-F", "\(home)/.ssh/bunsen/\(name).config", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i",
            key ?? "\(home)/.ssh/id_ed25519",
        ]
    }
}
