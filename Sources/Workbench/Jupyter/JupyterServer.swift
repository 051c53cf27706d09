import ExperimentModel
import HTTPTransfer
import HostSystem

/// A JupyterLab of the workbench: how it is started, and how one finds out that it answers.
package struct JupyterServer: Sendable {
    package static let program = "jupyter-lab"
    package static let usualPort = 8888
    private static let configurationName = "jupyter_server_config.json"

    package var address: DoorAddress
    package var token: String
    /// The folder that it shows.
    package var folder: String
    /// Only for a plain process of root's own: it is what root starts anyway.
    package var allowsRoot = false
    /// Names in the control folder; nil without TLS.
    package var certificate: (certificate: String, key: String)?

    package init(address: DoorAddress, token: String, folder: String) {
        self.address = address
        self.token = token
        self.folder = folder
    }

    // MARK: Starting it

    private struct Configuration: Encodable {
        struct Server: Encodable {
            var ip: String
            var port: Int
            // Another port than the one that was said would be found by nobody.
            var port_retries = 0
            var open_browser = false
            var root_dir: String
            var allow_root: Bool
            var allow_remote_access: Bool
            var certfile: String?
            var keyfile: String?
        }

        struct Identity: Encodable { var token: String }

        var ServerApp: Server
        var IdentityProvider: Identity
    }

    /// The token is in a file, not on a command line that every user of the machine can read.
    package func prepare(_ control: ControlFolder) throws {
        let configuration = Configuration(
            ServerApp: .init(
                ip: address.host, port: address.port, root_dir: folder, allow_root: allowsRoot,
                allow_remote_access: address.host != DoorAddress.loopback,
                certfile: certificate.map { "\(control.place)/\($0.certificate)" },
                keyfile: certificate.map { "\(control.place)/\($0.key)" }),
            IdentityProvider: .init(token: token))
        try control.write(try RecordCoding.encode(configuration), to: Self.configurationName)
    }

    /// Removes what a server that has ended was told.
    package static func forget(_ control: ControlFolder) { control.remove(configurationName) }

    package func command(_ control: ControlFolder) -> [String] {
        [Self.program, "--config=\(control.place)/\(Self.configurationName)"]
    }

    // MARK: Asking it

    package enum Answer: Sendable {
        case none
        /// It is this server: it takes the token.
        case ready(Status)
        /// It does not take the token.
        case other(status: Int)
    }

    package struct Status: Sendable, Decodable {
        /// When somebody last did something, as RFC 3339.
        package var last_activity: String?
        /// Browsers and others that are connected to kernels.
        package var connections: Int?
        package var kernels: Int?
    }

    package func ask() -> Answer {
        var settings = HTTPClient.Configuration()
        settings.connectTimeout = 2
        // The person's certificate is for the name that others use; here it is asked on loopback.
        settings.tls = { _, _ in
            var tls = TLSSettings()
            tls.verifies = false
            return tls
        }
        let scheme = certificate == nil ? "http" : "https"
        guard let address = try? WebAddress("\(scheme)://127.0.0.1:\(address.port)/api/status") else { return .none }
        var request = HTTPRequest("GET", address, headers: ["Authorization": "token \(token)"])
        request.attempts = 1
        request.totalTimeout = 5
        guard let response = try? HTTPClient(settings).send(request, limit: 1 << 16) else { return .none }
        guard response.status == 200, let status = try? RecordCoding.decode(Status.self, from: response.body) else {
            return .other(status: response.status)
        }
        return .ready(status)
    }
}
