import Glibc
import HTTPTransfer
import HostSystem
import OCIModel
import Synchronization
import TestSupport
import Testing

@testable import OCIRegistry

/// A registry that fails in every way that issue reports tell of.
@Suite struct BrokenRegistryTests {
    private let image: SampleImage

    init() throws { image = try SampleImage(9, layers: [200_000, 3000]) }

    private func push(to server: ScriptedServer, _ session: RegistrySession = testSession()) throws {
        try withTemporaryFolder { folder in
            let layout = BlobFolderImages.layoutFolder(folder)
            try image.put(layout, tags: [try tag("v1")])
            var copy = ImageCopy(from: layout, to: try server.repository("a", session))
            copy.parallel = 2
            try copy.run(.tag(try tag("v1")), tags: [try tag("v1")])
        }
    }

    private func pull(from server: ScriptedServer, _ session: RegistrySession = testSession()) throws {
        try withTemporaryFolder { folder in
            let layout = BlobFolderImages.layoutFolder(folder)
            var copy = ImageCopy(from: try server.repository("a", session), to: layout)
            copy.parallel = 2
            do { try copy.run(.tag(try tag("v1")), tags: [try tag("v1")]) } catch {
                // Nothing half-made has a name.
                for blob in (try? Files.names(in: "\(folder)/blobs/sha256")) ?? [] {
                    #expect(try SHA256.hexDigest(file: "\(folder)/blobs/sha256/\(blob)") == blob)
                }
                #expect(try layout.tags().isEmpty)
                throw error
            }
            #expect(try image.isWhole(in: layout, .tag(try tag("v1"))))
        }
    }

    /// The request that fails, counted from the first after the greeting.
    @Test(arguments: 2...11)
    func connectionsCutAtEveryStage(number: Int) throws {
        let registry = ScriptedRegistry()
        let server = try ScriptedServer { $0.number == number ? [.cut] : registry.answer($0) }
        defer { server.stop() }
        try push(to: server)
        for blob in image.blobs { #expect(registry.blob(blob.digest) == image.content[blob.digest]) }
        let source = ScriptedRegistry()
        source.add(image, tag: "v1")
        let other = try ScriptedServer { request in
            let answer = source.answer(request)
            // In the middle of the answer.
            guard request.number == number, case .bytes(let bytes) = answer.first else { return answer }
            return [.bytes(Array(bytes.prefix(bytes.count * 2 / 3))), .cut]
        }
        defer { other.stop() }
        try pull(from: other)
    }

    /// As above, with uploads in parts: POST, PATCH before and within its body, GET of the state, PUT, manifest.
    @Test(arguments: 2...16)
    func uploadsInPartsCutAtEveryStage(number: Int) throws {
        let registry = ScriptedRegistry()
        let server = try ScriptedServer(bodyLimit: { method, _, request in
            method == "PATCH" && request == number ? 20_000 : nil
        }) { $0.number == number ? [.cut] : registry.answer($0) }
        defer { server.stop() }
        try push(to: server, testSession { $0.uploadChunk = 50_000 })
        for blob in image.blobs { #expect(registry.blob(blob.digest) == image.content[blob.digest]) }
        #expect(server.requests.contains { $0.method == "PATCH" })
    }

    @Test(arguments: 2...11)
    func serversThatFailOnce(number: Int) throws {
        let registry = ScriptedRegistry()
        let server = try ScriptedServer {
            $0.number == number ? ScriptedServer.answer(number % 2 == 0 ? 500 : 503) : registry.answer($0)
        }
        defer { server.stop() }
        try push(to: server)
        for blob in image.blobs { #expect(registry.blob(blob.digest) == image.content[blob.digest]) }
        #expect(server.requests.count > 11)
    }

    @Test func cutsWithinABodyGoOn() throws {
        let registry = ScriptedRegistry()
        let server = try ScriptedServer(bodyLimit: { method, _, number in
            method == "PUT" && number < 8 ? 100_000 : nil
        }) { registry.answer($0) }
        defer { server.stop() }
        try push(to: server)
        for blob in image.blobs { #expect(registry.blob(blob.digest) == image.content[blob.digest]) }
    }

    @Test func resumingAfterARefusedPart() throws {
        // The server lost a part of what it acknowledged.
        let registry = ScriptedRegistry()
        let lied = Atomic(false)
        let server = try ScriptedServer { request in
            if request.method == "PATCH", request.body.count == 50_000, !lied.exchange(true, ordering: .relaxed) {
                return ScriptedServer.answer(
                    202, ["Range": "0-49999", "Location": "\(request.path)?state=a%20b"])
            }
            return registry.answer(request)
        }
        defer { server.stop() }
        try push(to: server, testSession { $0.uploadChunk = 50_000 })
        for blob in image.blobs { #expect(registry.blob(blob.digest) == image.content[blob.digest]) }
    }

    @Test func theServersLeastPartIsKept() throws {
        let registry = ScriptedRegistry()
        let server = try ScriptedServer { registry.answer($0) }
        defer { server.stop() }
        try push(to: server, testSession { $0.uploadChunk = 10 })
        let parts = server.requests.filter { $0.method == "PATCH" }.map(\.body.count)
        #expect(parts.contains(1000) && parts.allSatisfy { $0 <= 1000 })
    }

    @Test(arguments: [(401, "wants a name"), (403, "does not allow"), (404, "not there"), (413, "413"), (400, "400")])
    func lastingRefusals(status: Int, said: String) throws {
        let registry = ScriptedRegistry()
        let server = try ScriptedServer { request in
            request.method == "PUT"
                ? ScriptedServer.answer(
                    status, [:], Array(#"{"errors":[{"code":"X","message":"be\u001b[31mcause"}]}"#.utf8))
                : registry.answer(request)
        }
        defer { server.stop() }
        let error = try #require(throws: OCIRegistryError.self) { try push(to: server) }
        #expect("\(error)".contains(said) && "\(error)".contains("127.0.0.1:\(server.port)/a"), "\(error)")
        #expect(!"\(error)".contains("\u{1b}"))
        if status != 404 { #expect("\(error)".contains("be [31mcause"), "\(error)") }
        let missing = try #require(throws: OCIRegistryError.self) { try pull(from: server) }
        #expect(missing.isMissing)
    }

    @Test func patienceHasAnEnd() throws {
        let registry = ScriptedRegistry()
        let refused = Atomic(false)
        let server = try ScriptedServer { request in
            request.method == "PUT" && !refused.exchange(true, ordering: .relaxed)
                ? ScriptedServer.answer(429, ["Retry-After": "1"]) : registry.answer(request)
        }
        defer { server.stop() }
        let start = monotonicSeconds()
        try push(to: server)
        #expect(monotonicSeconds() - start > 0.9)
        let never = try ScriptedServer { _ in ScriptedServer.answer(429, ["Retry-After": "7200"]) }
        defer { never.stop() }
        let error = try #require(throws: OCIRegistryError.self) { try never.repository().tags() }
        guard case .busy(retryAfter: 7200) = error.cause else { throw error }
    }

    @Test func lyingLengthsAndWrongContent() throws {
        for kind in ["short", "long", "other", "announced", "manifest"] {
            let registry = ScriptedRegistry()
            registry.add(image, tag: "v1")
            let large = image.blobs[1]
            let server = try ScriptedServer { [image] request in
                let blob = image.content[large.digest] ?? []
                if kind == "manifest", request.path.contains("manifests") {
                    return ScriptedServer.answer(
                        200, ["Docker-Content-Digest": "\(large.digest)"], image.manifest.bytes)
                }
                guard request.path.hasSuffix("\(large.digest)") else { return registry.answer(request) }
                return switch kind {
                case "short": ScriptedServer.answer(200, [:], Array(blob.dropLast(1000)))
                case "long": ScriptedServer.answer(200, [:], blob + [1, 2, 3])
                case "announced":
                    ScriptedServer.answer(200, [:], Array(blob.dropLast(1000)), length: blob.count) + [.cut]
                default: ScriptedServer.answer(200, [:], blob.dropLast() + [99])
                }
            }
            defer { server.stop() }
            let error = try #require(throws: OCIRegistryError.self) { try pull(from: server) }
            switch (kind, error.cause) {
            case ("short", .wrongSize), ("long", .wrongSize), ("other", .wrongDigest), ("announced", .transfer),
                ("manifest", .wrongDigest):
                break
            default: Issue.record("\(kind): \(error)")
            }
        }
    }

    @Test func serversWithoutParts() throws {
        let registry = ScriptedRegistry()
        registry.add(image, tag: "v1")
        let cuts = Atomic(0)
        let server = try ScriptedServer { [image] request in
            guard request.method == "GET", request.path.hasSuffix("\(image.blobs[1].digest)") else {
                return registry.answer(request)
            }
            let whole = ScriptedServer.answer(200, [:], image.content[image.blobs[1].digest] ?? [])
            guard cuts.add(1, ordering: .relaxed).newValue < 3, case .bytes(let bytes) = whole[0] else { return whole }
            return [.bytes(Array(bytes.prefix(bytes.count / 2))), .cut]
        }
        defer { server.stop() }
        try pull(from: server)
    }

    @Test func credentialsStayWithTheirHost() throws {
        try withTemporaryFolder { folder in
            let registry = ScriptedRegistry()
            registry.add(image, tag: "v1")
            let storage = try ScriptedServer { registry.answer($0) }
            defer { storage.stop() }
            let server = try ScriptedServer { request in
                guard request.headers["authorization"] != nil else {
                    return ScriptedServer.answer(401, ["WWW-Authenticate": "Basic realm=\"x\""])
                }
                if request.method == "GET", request.path.contains("/blobs/") {
                    return ScriptedServer.answer(307, ["Location": "\(storage.address)\(request.path)?signature=1"])
                }
                if request.method == "POST" {
                    return ScriptedServer.answer(
                        202, ["Location": "\(storage.address)/v2/a/blobs/uploads/1?state=a%20b"])
                }
                return registry.answer(request)
            }
            defer { server.stop() }
            let environment = ["HOME": folder]
            try CredentialStore(environment: environment).save(
                .password(user: "u", password: "p"), forRegistry: "127.0.0.1:\(server.port)")
            try pull(from: server, testSession(environment: environment))
            _ = registry.answer(.init(method: "POST", target: "/v2/a/blobs/uploads/"))
            let blob = ContentDescriptor(mediaType: .layer, digest: Digest(of: [5]), size: 1)
            try server.repository("a", testSession(environment: environment)).putBlob(blob, from: BlobContent([5]))
            #expect(registry.blob(blob.digest) == [5])
            #expect(server.requests.contains { $0.headers["authorization"] == "Basic dTpw" })
            #expect(!storage.requests.isEmpty && storage.requests.allSatisfy { $0.headers["authorization"] == nil })
        }
    }

    /// Harbor answers 401 to a mount from a project that is missing, others 403, 404, 405, or begin an upload.
    @Test(arguments: [401, 403, 404, 405, 500])
    func refusedMountsBecomeUploads(status: Int) throws {
        let registry = ScriptedRegistry()
        registry.add(image, tag: "v1")
        let target = ScriptedRegistry()
        let server = try ScriptedServer { request in
            if request.target.contains("mount=") { return ScriptedServer.answer(status) }
            return request.path.hasPrefix("/v2/a/") ? registry.answer(request) : target.answer(request)
        }
        defer { server.stop() }
        let session = testSession()
        let copy = ImageCopy(from: try server.repository("a", session), to: try server.repository("b", session))
        let result = try copy.run(.tag(try tag("v1")), tags: [try tag("v1")])
        #expect(result.movedBytes == image.size)
        for blob in image.blobs { #expect(target.blob(blob.digest) == image.content[blob.digest]) }
    }

    @Test func mountsGoOverWhereTheyCan() throws {
        let registry = ScriptedRegistry()
        registry.add(image, tag: "v1")
        let server = try ScriptedServer { request in
            if request.target.contains("mount=") {
                return request.target.contains("from=a") ? ScriptedServer.answer(201) : registry.answer(request)
            }
            return request.method == "HEAD" ? ScriptedServer.answer(404) : registry.answer(request)
        }
        defer { server.stop() }
        let session = testSession()
        let copy = ImageCopy(from: try server.repository("a", session), to: try server.repository("b", session))
        #expect(try copy.run(.tag(try tag("v1")), tags: []).movedBytes == 0)
        // A registry that begins an upload instead: that one is ended.
        let blob = image.blobs[0]
        #expect(try !server.repository("b", session).mountBlob(blob, from: server.repository("c", session).repository))
        #expect(server.requests.last?.method == "DELETE")
        // Never across registries.
        let count = server.requests.count
        #expect(try !server.repository("b", session).mountBlob(blob, from: Repository("example.org/a")))
        #expect(server.requests.count == count)
    }

    @Test(.enabled(if: getuid() == 0, "mounting a small disk needs root"))
    func aFullDiskWhilePulling() throws {
        let registry = ScriptedRegistry()
        registry.add(image, tag: "v1")
        let server = try ScriptedServer { registry.answer($0) }
        defer { server.stop() }
        try withTemporaryFolder { folder in
            let disk = "\(folder)/disk"
            try Files.makeFolder(disk)
            let mount = try program("mount").run(["-t", "tmpfs", "-o", "size=128k", "tmpfs", disk])
            #expect(mount.succeeded, "\(mount.errorText)")
            defer { _ = try? program("umount").run([disk]) }
            let layout = BlobFolderImages.layoutFolder("\(disk)/layout")
            let copy = ImageCopy(from: try server.repository(), to: layout)
            let error = try #require(throws: SystemError.self) {
                try copy.run(.tag(try tag("v1")), tags: [try tag("v1")])
            }
            #expect(error.code == ENOSPC)
            #expect(try layout.tags().isEmpty)
        }
    }
}
