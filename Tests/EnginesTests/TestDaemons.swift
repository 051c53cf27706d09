import ContentStore
import Engines
import ExperimentModel
import Glibc
import HostSystem
import OCIModel
import TestSupport

/// Daemons of the tests' own, beside those that the machine may have: started when first used, ended with the tests.
enum TestDaemons {
    static let image = Result { try TinyImage(in: ContentStore(home: "\(folder.get())/home")) }

    static let docker = Result<DaemonEngine, any Error> {
        let folder = try TestDaemons.folder.get()
        let words = [try program("dockerd").executable] + DockerDaemon.arguments(folder)
        keep(words, log: "\(folder)/dockerd.log")
        return try started(.docker, environment(of: .docker), folder)
    }

    static let podman = Result<DaemonEngine, any Error> {
        let folder = try TestDaemons.folder.get()
        try Files.write(
            """
            [storage]
            driver = "overlay"
            graphroot = "\(folder)/storage"
            runroot = "\(folder)/storage-run"

            """, to: "\(folder)/storage.conf")
        return try started(.podman, environment(of: .podman), folder)
    }

    /// The variables that lead to the tests' own daemons, also for the programs of docker and podman.
    static func environment(of engine: TestedEngine) throws -> [String: String] {
        let folder = try TestDaemons.folder.get()
        var environment = processEnvironment()
        for name in ["DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST"] { environment[name] = nil }
        if engine == .docker { environment["DOCKER_CONFIG"] = "\(folder)/docker-client" }
        if engine == .docker { environment["DOCKER_HOST"] = "unix://\(folder)/docker.sock" }
        environment["CONTAINERS_STORAGE_CONF"] = "\(folder)/storage.conf"
        // The engine starts podman's service below it.
        environment["XDG_RUNTIME_DIR"] = "\(folder)/runtime"
        return environment
    }

    private static func started(
        _ flavor: DaemonEngine.Flavor, _ environment: [String: String], _ folder: String
    ) throws -> DaemonEngine {
        let engine = DaemonEngine(
            flavor, environment: environment, store: ContentStore(home: "\(folder)/home"), inventory: [])
        var last: EngineAvailability?
        let isThere = eventually(40) {
            last = engine.availability()
            return last?.isUsable == true
        }
        guard isThere else { throw SystemError("start \(flavor) in", "\(folder): \(last as Any)", code: ETIMEDOUT) }
        return engine
    }

    /// Removed, with what is mounted there, when this process has ended, however it ended.
    static let folder = Result<String, any Error> {
        let folder = "/tmp/bunsen-engines-\(getpid())"
        try Files.makeFolder(folder, mode: 0o711)
        let script = """
            cat >/dev/null
            while kill -0 \(getpid()) 2>/dev/null; do sleep 0.1; done
            for pid in $(cat "$0"/*.pid 2>/dev/null); do kill $pid; done
            # Podman's service goes on for a minute, and a process of its own for five after each further command: both
            # would make the folders again.
            for file in $(grep -lasE "(podma[n]|conmo[n]).*$0/" /proc/[0-9]*/cmdline); do
                pid=${file#/proc/}; kill -9 ${pid%/cmdline}
            done
            for try in 1 2 3 4 5 6 7 8 9 10; do
                sleep 1
                grep -o " $0/[^ ]*" /proc/self/mounts | sort -r | xargs -r umount -l 2>/dev/null
                rm -rf "$0" 2>/dev/null && exit
            done
            """
        try guardian(script, [folder])
        return folder
    }

    /// Starts a daemon that ends with this process.
    private static func keep(_ words: [String], log: String) {
        // The one who waits for our end kills what has its number in a file.
        _ = try? Tool(executable: "/bin/sh", environment: processEnvironment()).run(
            ["-c", "\"$@\" </dev/null >\"$0\" 2>&1 &", log] + words)
    }

    /// A shell whose standard input ends with this process.
    private static func guardian(_ script: String, _ arguments: [String]) throws {
        let pipe = try Descriptor.pipe()
        var start = ChildProcess.Start(
            executable: "/bin/sh", arguments: ["/bin/sh", "-c", script] + arguments, environment: processEnvironment())
        start.standardInput = pipe.read.number
        start.ownGroup = true
        _ = try ChildProcess.start(start)
        held.append(pipe.write)
    }

    nonisolated(unsafe) private static var held: [Descriptor] = []
}

/// An image with a shell and little else, in a store.
struct TinyImage {
    let name: ImageReference
    let manifest: Digest

    /// - Parameter labels: what the image says of itself.
    init(in store: ContentStore, name text: String = "localhost/bunsen-tests/tiny:1", labels: [String: String]? = nil)
        throws
    {
        let root = "\(store.root)/tiny"
        for folder in ["bin", "tmp", "etc", "dev", "proc", "sys", "workspace", "usr/bin"] {
            try Files.makeFolder("\(root)/\(folder)")
        }
        chmod("\(root)/tmp", 0o1777)
        try Files.write(
            "root:x:0:0:root:/:/bin/sh\ntaken:x:4321:4321::/nowhere:/bin/sh\nada:x:999:999::/nowhere:/bin/sh\n",
            to: "\(root)/etc/passwd")
        try Files.write("root:x:0:\nstaff:x:50:root\nada:x:999:\n", to: "\(root)/etc/group")
        try Files.write(try Files.read(try program("busybox").executable), to: "\(root)/bin/busybox", mode: 0o755)
        for name in [
            "sh", "sleep", "cat", "ls", "id", "dd", "df", "stat", "touch", "mkdir", "seq", "tail", "head", "ps", "grep",
            "env",
        ] {
            symlink("busybox", "\(root)/bin/\(name)")
        }
        let made = try program("tar").run([
            "--create", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--directory", root,
            "--file", "\(root).tar", ".",
        ])
        guard made.succeeded else { throw Unexpected(made) }
        let layer = try store.store(try Files.read("\(root).tar"))
        var execution = ImageConfiguration.Execution()
        execution.labels = labels
        execution.environment = ["PATH=/usr/bin:/bin", "FROM_IMAGE=yes"]
        let configuration = try Document(
            ImageConfiguration(platform: .host, config: execution, diffIDs: [layer.digest], history: nil),
            mediaType: .configuration)
        try store.store(configuration)
        let document = try Document(
            ImageManifest(
                config: configuration.descriptor,
                layers: [ContentDescriptor(mediaType: .layer, digest: layer.digest, size: layer.size)]),
            mediaType: .manifest)
        try store.store(document)
        name = try ImageReference(text)
        manifest = document.digest
        try store.setImage(ImageRecord(name: "\(name)", manifest: document.descriptor))
    }
}
