import Glibc
import HostSystem

/// Debian's `docker-registry` on a free port of loopback, with its data in a folder.
package final class RealRegistry {
    package struct Options {
        /// A name and a password that it wants.
        package var user: (name: String, password: String)?
        /// Certificate and key, for TLS.
        package var certificate: (certificate: String, key: String)?
        package var allowsDeletion = true
        /// The folder of what it holds; one in its own folder unless given.
        package var data: String?

        package init() {}
    }

    package let port: Int
    private let child: ChildProcess

    package var host: String { "127.0.0.1:\(port)" }

    package static func with<Result>(
        _ folder: String, _ options: Options = Options(), _ body: (RealRegistry) throws -> Result
    ) throws -> Result {
        let registry = try RealRegistry(folder, options)
        defer { registry.stop() }
        return try body(registry)
    }

    private init(_ folder: String, _ options: Options) throws {
        let server = try ScriptedServer { _ in [] }  // finds a port that is free
        server.stop()
        port = server.port
        let data = options.data ?? "\(folder)/registry"
        var text = """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: \(data)}, delete: {enabled: \(options.allowsDeletion)}}
            http:
              addr: 127.0.0.1:\(port)

            """
        if let tls = options.certificate {
            text += "  tls: {certificate: \(tls.certificate), key: \(tls.key)}\n"
        }
        if let user = options.user {
            let made = try program("htpasswd").run(["-Bbn", user.name, user.password])
            try Files.write(made.output, to: "\(folder)/htpasswd")
            text += "auth: {htpasswd: {realm: test, path: \(folder)/htpasswd}}\n"
        }
        try Files.write(text, to: "\(folder)/registry.yml")
        usleep(50_000)
        let log = try HostSystem.Descriptor.open("\(folder)/registry.log", O_WRONLY | O_CREAT | O_TRUNC)
        let path = try program("docker-registry").executable
        var start = ChildProcess.Start(
            executable: path, arguments: [path, "serve", "\(folder)/registry.yml"], environment: ["PATH": "/usr/bin"])
        start.standardError = log.number
        start.standardOutput = log.number
        start.ownGroup = true
        start.deathSignal = SIGKILL
        child = try ChildProcess.start(start)
        let port = port
        guard eventually(20, { Self.listens(port) }) else {
            stop()
            throw SystemError("start", "docker-registry, see \(folder)/registry.log", code: ETIMEDOUT)
        }
    }

    package func stop() {
        kill(-child.id, SIGKILL)
        _ = child.wait()
    }

    private static func listens(_ port: Int) -> Bool {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(number) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// A program that judges us. `./test` installs what is missing.
package func program(_ name: String) throws -> Tool {
    let environment = processEnvironment()
    guard let path = findExecutable(name, searchPath: "\(environment["PATH"] ?? ""):/usr/sbin:/sbin", from: "/") else {
        throw SystemError("find the program", name, code: ENOENT)
    }
    return Tool(executable: path, environment: environment)
}
