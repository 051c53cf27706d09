import HTTPTransfer
import HostSystem
import OCIModel
import Synchronization

/// What all repositories of all registries share during one command: connections, tokens, credentials.
package final class RegistrySession: Sendable {
    package struct Settings: Sendable {
        /// Registries, as written in references, that may be spoken to without TLS or with a certificate that does not
        /// verify. Those on this machine may be without TLS anyway.
        package var insecure: Set<String> = []
        /// Bytes of one request when blobs are uploaded; nil sends each blob in one request, which is fastest. For
        /// registries behind a proxy that limits requests.
        package var uploadChunk: Int64?
        package var retries = RetryPolicy()
        package var cancellation: Cancellation?
        /// Told why something is tried again, and after how many seconds.
        package var onRetry: @Sendable (any Error, Double) -> Void = { _, _ in }

        package init() {}
    }

    package let settings: Settings
    let client: HTTPClient
    private let credentials: CredentialStore
    private let hosts = Mutex<[String: RegistryHost]>([:])
    /// Held while a registry is looked at for the first time.
    private let connecting = Mutex<Void>(())

    package init(
        credentials: CredentialStore, certificates: CertificateFolders, settings: Settings = Settings(),
        userAgent: String = "bunsen"
    ) {
        self.settings = settings
        self.credentials = credentials
        var configuration = HTTPClient.Configuration()
        configuration.userAgent = userAgent
        configuration.retries = settings.retries
        configuration.onRetry = settings.onRetry
        let unverified = Set(settings.insecure.map { $0.lowercased() })
        configuration.tls = { host, port in
            var tls = certificates.settings(host: host, port: port)
            if unverified.contains("\(host):\(port)") || (port == 443 && unverified.contains(host)) {
                tls.verifies = false
            }
            return tls
        }
        client = HTTPClient(configuration)
    }

    package func repository(_ repository: Repository) -> RemoteRegistry {
        RemoteRegistry(repository: repository, session: self)
    }

    /// A registry, with what was found out about it: asked once.
    func host(_ registry: String) throws -> RegistryHost {
        if let known = hosts.withLock({ $0[registry] }) { return known }
        return try connecting.withLock { _ in
            if let known = hosts.withLock({ $0[registry] }) { return known }
            let credentials = credentials
            let host = try RegistryHost(registry, session: self) { path in
                try credentials.credentials(forRegistry: registry, path: path)
            }
            hosts.withLock { $0[registry] = host }
            return host
        }
    }

    /// Asks a registry whether it knows a name and password. Remembers nothing.
    ///
    /// - Throws: `OCIRegistryError` with `unauthorized` when it does not.
    package func check(_ credentials: RegistryCredentials, forRegistry registry: String) throws {
        let host = try RegistryHost(registry, session: self) { _ in credentials }
        var call = RegistryCall("GET", try host.address("/v2/"), operation: "log in", scopes: [])
        call.wantsToken = true
        let response = try host.send(call)
        guard response.head.succeeded else { throw host.failure(call, response.head, response.body) }
    }

    /// The names of a registry's repositories, for those that tell them.
    package func repositories(of registry: String) throws -> [String] {
        let host = try host(registry)
        let scope = AccessScope(path: "catalog", actions: "*", type: "registry")
        return try host.pages(
            "/v2/_catalog?n=1000", key: "repositories", operation: "list the repositories", scopes: [scope])
    }
}
