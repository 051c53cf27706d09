import HTTPTransfer
import OCIModel

/// A repository in a registry, spoken to by the OCI distribution protocol.
package struct RemoteRegistry: ImageSource, ImageDestination {
    package let repository: Repository
    package let session: RegistrySession

    package var name: String { repository.description }

    package var mountableRepository: Repository? { repository }

    var pullScope: AccessScope { AccessScope(path: repository.path, actions: "pull") }
    var pushScope: AccessScope { AccessScope(path: repository.path, actions: "pull,push") }

    func host() throws -> RegistryHost { try session.host(repository.registry) }

    private func path(_ rest: String) -> String { "/v2/\(repository.path)/\(rest)" }

    func call(_ method: String, _ rest: String, _ operation: String, _ scope: AccessScope) throws -> RegistryCall {
        RegistryCall(method, try host().address(path(rest)), operation: operation, scopes: [scope])
    }

    func failure(_ call: RegistryCall, _ response: HTTPResponse) throws -> OCIRegistryError {
        try host().failure(call, response.head, response.body, place: name)
    }

    // MARK: ImageSource

    package func manifest(_ selector: ImageSelector) throws -> ManifestDocument {
        var call = try call("GET", "manifests/\(selector)", "read the manifest \(selector)", pullScope)
        for type in [MediaType.manifest, .index, .dockerManifest, .dockerIndex] {
            call.headers.append("Accept", type.rawValue)
        }
        let response = try host().send(call)
        guard response.status == 200 else { throw try failure(call, response) }
        let document: ManifestDocument
        do {
            let type = response.headers["Content-Type"].flatMap { $0.split(separator: ";").first }
            document = try ManifestDocument(
                parsing: response.body, mediaType: type.map { MediaType(rawValue: $0.trimmed) })
        } catch {
            throw OCIRegistryError(call.operation, name, .document(error))
        }
        var expected: Digest?
        switch selector {
        case .digest(let digest): expected = digest
        case .tag: expected = response.headers["Docker-Content-Digest"].flatMap { try? Digest($0) }
        }
        if let expected, expected != document.digest {
            throw OCIRegistryError(call.operation, name, .wrongDigest(expected: expected, actual: document.digest))
        }
        return document
    }

    package func openBlob(_ descriptor: ContentDescriptor, from offset: Int64) throws -> any ByteReader {
        RemoteBlobReader(self, descriptor, from: offset)
    }

    package func tags() throws -> [Tag] {
        do {
            return try host().pages(
                path("tags/list?n=1000"), key: "tags", operation: "list the tags", scopes: [pullScope], place: name
            ).compactMap { try? Tag($0) }.sorted()
        } catch let error as HTTPTransferError {
            throw OCIRegistryError("list the tags", name, .transfer(error))
        }
    }

    // MARK: ImageDestination

    package func hasBlob(_ descriptor: ContentDescriptor) throws -> Bool {
        let call = try call("HEAD", "blobs/\(descriptor.digest)", "look for the blob \(descriptor.digest)", pushScope)
        let response = try host().send(call)
        if response.status == 404 { return false }
        guard response.head.succeeded else { throw try failure(call, response) }
        return response.headers.size("Content-Length").map { $0 == descriptor.size } ?? true
    }

    /// Asks whether images may be pushed here: begins an upload, and ends it at once.
    ///
    /// - Throws: `OCIRegistryError` with what the registry has against it.
    package func checkPush() throws {
        var call = try call("POST", "blobs/uploads/", "push images", pushScope)
        call.body = HTTPBody([])
        let response = try host().send(call)
        guard response.status == 202 else { throw try failure(call, response) }
        if let upload = try? BlobUpload.location(of: response) { end(upload) }
    }

    /// An upload that is not needed. A registry that cannot end it forgets it after some time.
    private func end(_ upload: WebAddress) {
        var call = RegistryCall("DELETE", upload, operation: "end an upload", scopes: [pushScope])
        call.attempts = 1
        _ = try? host().send(call)
    }

    /// Registries differ in how they refuse a mount (401, 403, 404, 405, a fresh upload): every way means no.
    package func mountBlob(_ descriptor: ContentDescriptor, from source: Repository) throws -> Bool {
        guard source.registry == repository.registry, source.path != repository.path else { return false }
        let query = RegistryAuthorizer.form([("mount", descriptor.digest.description), ("from", source.path)])
        var call = try call("POST", "blobs/uploads/?\(query)", "mount the blob \(descriptor.digest)", pushScope)
        call.scopes.append(AccessScope(path: source.path, actions: "pull"))
        call.body = HTTPBody([])
        call.attempts = 2
        let response: HTTPResponse
        do { response = try host().send(call) } catch let error as OCIRegistryError {
            if case .transfer(let transfer) = error.cause, transfer.isCancelled { throw error }
            return false
        }
        if response.status == 201 { return true }
        if response.status == 202, let upload = try? BlobUpload.location(of: response) {
            // The upload that was begun instead is not needed: `putBlob` begins its own.
            end(upload)
        }
        return false
    }

    package func putBlob(_ descriptor: ContentDescriptor, from content: BlobContent) throws {
        try BlobUpload(self, descriptor, content).run()
    }

    package func putManifest(_ manifest: ManifestDocument, tags: [Tag]) throws {
        let operation = "push the manifest \(manifest.digest)"
        guard manifest.bytes.count <= ManifestDocument.sizeLimit else {
            throw OCIRegistryError(
                operation, name, .unsupported("it has \(manifest.bytes.count) bytes, and registries take up to 4 MiB"))
        }
        let names = tags.isEmpty ? [manifest.digest.description] : tags.map(\.description)
        for reference in names {
            var call = try call("PUT", "manifests/\(reference)", operation, pushScope)
            call.headers = ["Content-Type": manifest.mediaType.rawValue]
            call.body = HTTPBody(manifest.bytes)
            let response = try host().send(call)
            guard response.head.succeeded else { throw try failure(call, response) }
            if let said = response.headers["Docker-Content-Digest"].flatMap({ try? Digest($0) }),
                said != manifest.digest
            {
                throw OCIRegistryError(operation, name, .wrongDigest(expected: manifest.digest, actual: said))
            }
        }
    }

    package func delete(_ selector: ImageSelector) throws {
        var call = try call("DELETE", "manifests/\(selector)", "delete \(selector)", pushScope)
        call.scopes = [AccessScope(path: repository.path, actions: "delete,pull,push")]
        let response = try host().send(call)
        if response.head.succeeded { return }
        if case .tag = selector, [400, 405].contains(response.status) {
            let digest = try manifest(selector).digest
            throw OCIRegistryError(
                call.operation, name,
                .unsupported("this registry deletes by digest only, with all tags of it: \(repository)@\(digest)"))
        }
        if response.status == 405 {
            throw OCIRegistryError(call.operation, name, .unsupported("deleting is switched off in this registry"))
        }
        throw try failure(call, response)
    }
}
