import ContentStore
import FoundationEssentials
import HostSystem
import OCIModel
import OCIRegistry

/// Images of a daemon: found there, pulled from their registry, or pulled from this process.
struct DaemonImages {
    let client: DaemonClient
    let flavor: DaemonEngine.Flavor
    let environment: [String: String]

    /// An image of Bunsen's store. The daemon pulls what it lacks from a registry on loopback that lives as long as that.
    func stored(
        _ name: ImageReference, _ manifest: Digest, in store: ContentStore, progress: (String) -> Void
    ) throws -> PreparedEnvironment {
        let images = BlobFolderImages.stored(in: store, name.repository)
        let image = try images.image(.digest(manifest))
        // Daemons call an image by the digest of its configuration, or of its manifest where they keep it as it is.
        let identifiers = ["\(image.value.config.digest)", "\(image.digest)"]
        var found = try identifiers.lazy.compactMap { try inspect($0) }.first
        let tag = try name.tag ?? Tag("latest")
        if found == nil {
            progress("\(flavor == .docker ? "docker" : "podman") takes the image \(name)")
            let served = LoopbackRegistry.Image(path: name.repository.path, tag: tag, manifest: image.digest)
            let registry = try LoopbackRegistry(store, images: [served])
            let reference = registry.reference(of: served)
            try pull(reference, credentials: nil)
            try withExtendedLifetime(registry) {
                found = try inspect(reference)
                guard let image = found else { throw EngineError("find", reference, .missing) }
                try client.check(
                    try client.send(
                        "POST", "/images/\(image.Id)/tag", [("repo", "\(name.repository)"), ("tag", "\(tag)")]),
                    "name", "\(name)")
                // Nobody can pull by this name any more.
                _ = try client.send("DELETE", "/images/\(reference)", [("noprune", "1")])
            }
        }
        guard let found else { throw EngineError("find", "\(name)", .missing) }
        return prepared(
            found, reference: "\(ImageReference(repository: name.repository, tag: tag))", digest: image.digest)
    }

    /// An image that the daemon has, or pulls by itself.
    func named(_ name: ImageReference, progress: (String) -> Void) throws -> PreparedEnvironment {
        var found = try inspect("\(name)")
        if found == nil {
            progress("\(flavor == .docker ? "docker" : "podman") pulls \(name)")
            let store = CredentialStore(environment: environment)
            let credentials = try store.credentials(
                forRegistry: name.repository.registry, path: name.repository.path)
            try pull("\(name)", credentials: credentials)
            found = try inspect("\(name)")
        }
        guard let found else { throw EngineError("find", "\(name)", .missing) }
        // By its digest the name means the same tomorrow.
        let digest = found.RepoDigests?.lazy.compactMap { try? ImageReference($0) }
            .first { $0.repository == name.repository }?.digest
        return prepared(
            found, reference: digest.map { "\(name.repository)@\($0)" } ?? "\(name)", digest: digest)
    }

    private func prepared(_ image: DockerMessages.Image, reference: String, digest: Digest?) -> PreparedEnvironment {
        var prepared = PreparedEnvironment(
            reference: reference, identifier: image.Id.hasPrefix("sha256:") ? image.Id : "sha256:\(image.Id)",
            digest: digest)
        prepared.execution.environment = image.Config?.Env
        prepared.execution.entrypoint = image.Config?.Entrypoint
        prepared.execution.user = image.Config?.User
        prepared.execution.workingFolder = image.Config?.WorkingDir
        return prepared
    }

    private func inspect(_ name: String) throws -> DockerMessages.Image? {
        let answer = try client.send("GET", "/images/\(name)/json")
        if answer.status == 404 { return nil }
        return try client.value(DockerMessages.Image.self, answer, "inspect", name)
    }

    private func pull(_ reference: String, credentials: RegistryCredentials?) throws {
        let colon = reference.lastIndex(of: ":") ?? reference.endIndex
        var path = "/images/create"
        var query: [(String, String)]
        if flavor == .podman {
            path = "/libpod/images/pull"
            query = [("reference", reference)]
            // It would want TLS on loopback too.
            if reference.hasPrefix("127.0.0.1:") { query.append(("tlsVerify", "false")) }
        } else if reference.contains("@") {
            query = [("fromImage", reference)]
        } else {
            query = [("fromImage", String(reference[..<colon]))]
            if colon != reference.endIndex {
                query.append(("tag", String(reference[reference.index(after: colon)...])))
            }
        }
        let connection = try client.open(
            "POST", path, query, headers: credentials.map { [("X-Registry-Auth", Self.header($0))] } ?? [],
            patience: 600)
        guard connection.head.status == 200 else {
            let body = try connection.readAll(limit: 1 << 20)
            let answer = DaemonClient.Answer(status: connection.head.status, headers: [:], body: body)
            throw EngineError("pull", reference, .said(DaemonClient.message(answer)))
        }
        // One JSON object a line; an error comes as one of them.
        var line: [UInt8] = []
        while true {
            let bytes = try connection.read()
            for byte in bytes {
                if byte != 10 {
                    if line.count < 1 << 16 { line.append(byte) }
                    continue
                }
                try take(line, reference)
                line.removeAll(keepingCapacity: true)
            }
            if bytes.isEmpty { return try take(line, reference) }
        }
    }

    private func take(_ line: [UInt8], _ reference: String) throws {
        guard !line.isEmpty, let said = try? JSONDecoder().decode(DockerMessages.Progress.self, from: Data(line)) else {
            return
        }
        if let error = said.error { throw EngineError("pull", reference, .said(String(error.prefix(1000)))) }
    }

    private struct Authentication: Encodable {
        var username: String?
        var password: String?
        var identitytoken: String?
        var registrytoken: String?
    }

    /// `X-Registry-Auth`: JSON in base64 that is safe in addresses (RFC 4648, section 5).
    private static func header(_ credentials: RegistryCredentials) -> String {
        var authentication = Authentication()
        switch credentials {
        case .password(let user, let password):
            (authentication.username, authentication.password) = (user, password)
        case .identityToken(let token): authentication.identitytoken = token
        case .bearer(let token): authentication.registrytoken = token
        }
        let bytes = (try? JSONEncoder().encode(authentication)) ?? Data()
        return String(
            bytes.base64EncodedString().map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }
}
