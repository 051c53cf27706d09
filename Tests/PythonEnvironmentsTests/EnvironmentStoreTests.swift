import Glibc
import HostSystem
import RecipeModel
import Resolver
import Testing

@testable import PythonEnvironments

/// Real environments of one small package from the Python index.
@Suite(.serialized) struct EnvironmentStoreTests {
    private static let sharedHome = "/tmp/bunsen-test-home-\(getuid())"

    /// A project with a lock of `six`, and a home of its own whose uv is shared.
    private func withProject(_ body: (_ folder: String, _ home: String, _ lock: Lock) throws -> Void) throws {
        let folder = "/tmp/bunsen-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Files.makeFolder("\(folder)/home")
        defer { try? Files.remove(folder) }
        try Files.makeFolder("\(Self.sharedHome)/tools")
        symlink("\(Self.sharedHome)/tools", "\(folder)/home/tools")
        try Files.write("packages: [six]\n", to: "\(folder)/bunsen.yaml")
        let recipe = try RecipeReader.read(path: "\(folder)/bunsen.yaml")
        try Resolver(home: "\(folder)/home", environment: processEnvironment())
            .resolve(recipe: recipe, folder: folder).write(folder: folder)
        try body(folder, "\(folder)/home", try LockReader.read(folder: folder))
    }

    @Test func anEnvironmentIsMadeOnceAndHasItsPackages() throws {
        try withProject { folder, home, lock in
            let store = EnvironmentStore(home: home, environment: processEnvironment())
            #expect(store.existing(lock) == nil)
            let made = try store.environment(lock, projectFolder: folder)
            #expect(made.packages["six"] == lock.version(of: "six"))
            #expect(made.torch == nil)
            var inode = stat()
            stat(made.path, &inode)
            #expect(inode.st_mode & 0o222 == 0)
            let again = try store.environment(lock, projectFolder: folder) { Issue.record("made again: \($0)") }
            #expect(again == made)
            let result = try Tool(executable: made.executable, environment: made.variables(over: processEnvironment()))
                .run(["-c", "import six, sys; print(six.__version__, sys.prefix)"])
            #expect(result.outputText == "\(lock.version(of: "six") ?? "") \(made.path)\n")
            try store.remove(lock)
            #expect(store.existing(lock) == nil && !Files.exists(made.path))
        }
    }

    @Test func tenMakersAtOnceMakeItOnce() async throws {
        let made = Counter()
        try withProject { folder, home, lock in
            let group = Threads()
            for _ in 0..<10 {
                group.start {
                    let store = EnvironmentStore(home: home, environment: processEnvironment())
                    _ = try store.environment(lock, projectFolder: folder) { line in
                        if line.hasPrefix("making the environment") { made.increment() }
                    }
                }
            }
            let errors = group.join()
            #expect(errors.isEmpty, "\(errors)")
            #expect(EnvironmentStore(home: home, environment: [:]).existing(lock) != nil)
        }
        #expect(made.value == 1)
    }

    @Test func whatAKilledMakerLeftIsMadeAgain() throws {
        try withProject { folder, home, lock in
            let store = EnvironmentStore(home: home, environment: processEnvironment())
            let path = store.folder(of: lock)
            // A maker that is killed at any moment: a process that holds the lock and has made a part.
            for delay in [0.02, 0.1, 0.3] {
                try Files.makeFolder("\(path)/lib/python3")
                try Files.write("half", to: "\(path)/lib/python3/six.py")
                chmod("\(path)/lib", 0o555)
                let script = "exec 9>\"$1.lock\"; flock 9; while :; do sleep 1; done"
                let holder = try Tool(executable: "/bin/sh", environment: processEnvironment())
                    .start(["-c", script, "sh", path])
                usleep(UInt32(delay * 1e6))
                kill(-holder.child.id, SIGKILL)
                _ = holder.child.wait()
                let made = try store.environment(lock, projectFolder: folder)
                #expect(made.packages["six"] != nil)
                #expect(!Files.exists("\(path)/lib/python3/six.py"))
                try store.remove(lock)
            }
        }
    }

    @Test func aMarkerOfAnotherLockOrATornOneDoesNotCount() throws {
        try withProject { folder, home, lock in
            let store = EnvironmentStore(home: home, environment: processEnvironment())
            let made = try store.environment(lock, projectFolder: folder)
            let marker = "\(made.path)/environment.json"
            let text = try Files.readText(marker)
            chmod(made.path, 0o755)
            try Files.write(String(text.dropLast(20)), to: marker)
            #expect(store.existing(lock) == nil)
            try Files.write(text.replacing(lock.digest, with: "sha256:0"), to: marker)
            #expect(store.existing(lock) == nil)
            try Files.write(text, to: marker)
            #expect(store.existing(lock) == made)
            try Files.remove("\(made.path)/bin")
            #expect(store.existing(lock) == nil)
        }
    }

    @Test func aPackageThatIsNotTheLockedOneIsRefused() throws {
        try withProject { folder, home, lock in
            let pylock = try Files.readText("\(folder)/pylock.toml")
            let sha256 = lock.packages.first?.sha256 ?? ""
            try Files.write(
                pylock.replacing(sha256, with: String(repeating: "0", count: 64)), to: "\(folder)/pylock.toml")
            let store = EnvironmentStore(home: home, environment: processEnvironment())
            #expect {
                try store.environment(lock, projectFolder: folder)
            } throws: {
                ($0 as? ResolverError)?.kind == .hashMismatch
            }
            #expect(store.existing(lock) == nil)
        }
    }

    @Test func aWithdrawnPackageSaysSo() throws {
        try withProject { folder, home, lock in
            let pylock = try Files.readText("\(folder)/pylock.toml")
            let file = lock.packages.first?.file ?? ""
            try Files.write(pylock.replacing("/\(file)", with: "/gone-\(file)"), to: "\(folder)/pylock.toml")
            let store = EnvironmentStore(home: home, environment: processEnvironment())
            #expect {
                try store.environment(lock, projectFolder: folder)
            } throws: {
                [.withdrawn, .authentication, .other].contains(($0 as? ResolverError)?.kind)
            }
        }
    }

    @Test func variablesLeadToTheEnvironmentAndNowhereElse() {
        let environment = PythonEnvironment(
            lockDigest: "", path: "/e", bytecode: "/b", python: "3.11.7", torch: nil, packages: [:])
        let variables = environment.variables(over: [
            "PATH": "/bin", "PYTHONHOME": "/x", "PYTHONDONTWRITEBYTECODE": "1", "KEEP": "1",
        ])
        #expect(variables["PATH"] == "/e/bin:/bin" && variables["VIRTUAL_ENV"] == "/e" && variables["KEEP"] == "1")
        #expect(variables["PYTHONHOME"] == nil && variables["PYTHONDONTWRITEBYTECODE"] == nil)
        #expect(variables["PYTHONPYCACHEPREFIX"] == "/b")
        #expect(environment.variables(over: ["PYTHONPYCACHEPREFIX": "/own"])["PYTHONPYCACHEPREFIX"] == "/own")
    }
}
