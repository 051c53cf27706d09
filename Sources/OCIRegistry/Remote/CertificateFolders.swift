import HTTPTransfer
import HostSystem

/// The folders in which docker and podman look for certificates of registries: `<folder>/<host>:<port>/` with `*.crt`
/// for authorities, and `*.cert` with `*.key` for ourselves.
package struct CertificateFolders: Sendable {
    private let folders: [String]

    package init(_ folders: [String]) { self.folders = folders }

    package init(environment: [String: String]) {
        let home = environment["HOME"] ?? "/root"
        let configuration = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.config"
        self.init([
            "\(configuration)/containers/certs.d", "\(configuration)/docker/certs.d", "/etc/containers/certs.d",
            "/etc/docker/certs.d",
        ])
    }

    package func settings(host: String, port: Int) -> TLSSettings {
        var settings = TLSSettings()
        for folder in folders {
            for name in port == 443 ? ["\(host):443", host] : ["\(host):\(port)"] {
                add("\(folder)/\(name)", to: &settings)
            }
        }
        return settings
    }

    private func add(_ folder: String, to settings: inout TLSSettings) {
        for name in (try? Files.names(in: folder)) ?? [] {
            if name.hasSuffix(".crt") {
                settings.authorities.append("\(folder)/\(name)")
            } else if name.hasSuffix(".cert"), settings.certificate == nil {
                let key = "\(folder)/\(name.dropLast(5)).key"
                guard Files.exists(key) else { continue }
                settings.certificate = "\(folder)/\(name)"
                settings.key = key
            }
        }
    }
}
