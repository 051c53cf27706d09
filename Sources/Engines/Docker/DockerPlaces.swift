import FoundationEssentials
import Glibc
import HostSystem

/// Where a docker daemon may be, by the rules of docker's own client: `DOCKER_HOST`, else the context that
/// `DOCKER_CONTEXT` or the client's settings name, else the sockets of this user and of the machine.
struct DockerPlaces: Sendable {
    let environment: [String: String]

    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    private var home: String { value("HOME") ?? "/root" }

    private var settings: String { value("DOCKER_CONFIG") ?? "\(home)/.docker" }

    private struct Settings: Decodable { let currentContext: String? }

    private struct Context: Decodable {
        struct Endpoint: Decodable { let Host: String? }

        let Name: String?
        let Endpoints: [String: Endpoint]?
    }

    /// In the order in which they are tried. Where the person named one, it is the only one.
    func addresses() throws -> [DaemonAddress] {
        if let host = value("DOCKER_HOST") { return [try address(host)] }
        if let name = value("DOCKER_CONTEXT") ?? currentContext, name != "default" { return [try context(name)] }
        var sockets: [String] = []
        if geteuid() != 0 {
            if let runtime = value("XDG_RUNTIME_DIR") { sockets.append("\(runtime)/docker.sock") }
            sockets.append("\(home)/.docker/run/docker.sock")
        }
        return (sockets + ["/var/run/docker.sock"]).map(DaemonAddress.socket)
    }

    private func address(_ text: String) throws -> DaemonAddress {
        if value("DOCKER_TLS_VERIFY") != nil, !text.hasPrefix("unix://") {
            throw EngineError(
                "reach", text, .unusable("it wants TLS, which is not spoken to daemons"),
                hint: "a daemon elsewhere cannot mount this machine's folders; run Bunsen there")
        }
        return try DaemonAddress(text)
    }

    private var currentContext: String? {
        guard let bytes = try? Files.read("\(settings)/config.json", limit: 4 << 20) else { return nil }
        return (try? JSONDecoder().decode(Settings.self, from: Data(bytes)))?.currentContext
    }

    /// A context is kept below the SHA-256 of its name.
    private func context(_ name: String) throws -> DaemonAddress {
        let path = "\(settings)/contexts/meta/\(SHA256.hexDigest(name.utf8))/meta.json"
        guard Files.exists(path) else {
            throw EngineError(
                "use", "the docker context \(name)", .unusable("there is none of that name"),
                hint: "list them: docker context ls")
        }
        let context = try? JSONDecoder().decode(Context.self, from: Data(try Files.read(path, limit: 1 << 20)))
        guard let host = context?.Endpoints?["docker"]?.Host else {
            throw EngineError("use", "the docker context \(name)", .unusable("it names no daemon"))
        }
        return try address(host)
    }
}
