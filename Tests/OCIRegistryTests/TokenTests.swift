import Glibc
import HTTPTransfer
import HostSystem
import OCIModel
import Synchronization
import TestSupport
import Testing

@testable import OCIRegistry

/// Registries whose tokens come from a token server.
@Suite struct TokenTests {
    /// Wants a token that names the repository and what is done to it.
    private final class Server: Sendable {
        let scripted: ScriptedServer
        let registry = ScriptedRegistry()

        /// - Parameter life: how often each token works.
        init(life: Int = .max, user: String? = "Basic dTpw") throws {
            let registry = registry
            let uses = Mutex<[String: Int]>([:])
            let issued = Atomic(0)
            scripted = try ScriptedServer { request in
                let host = request.headers["host"] ?? ""
                if request.path == "/token" {
                    let isRefresh = request.method == "POST"
                    let body = String(decoding: request.body, as: UTF8.self)
                    if isRefresh
                        ? !body.contains("refresh_token=r-e") : user != nil && request.headers["authorization"] != user
                    {
                        return ScriptedServer.answer(
                            401, [:], Array(#"{"details":"incorrect username or password"}"#.utf8))
                    }
                    let number = issued.add(1, ordering: .relaxed).newValue
                    let pushes = (request.target + body).contains("push") ? "push" : "pull"
                    return ScriptedServer.answer(
                        200, ["Content-Type": "application/json"],
                        Array(
                            #"{"\#(isRefresh ? "access_token" : "token")":"\#(pushes)-\#(number)","expires_in":300}"#
                                .utf8))
                }
                let challenge = ScriptedServer.answer(
                    401,
                    [
                        "WWW-Authenticate":
                            #"Bearer realm="http://\#(host)/token",service="lab registry",scope="repository:a:pull""#
                    ])
                guard let token = request.headers["authorization"], token.hasPrefix("Bearer p") else {
                    return challenge
                }
                let count = uses.withLock { uses in
                    uses[token, default: 0] += 1
                    return uses[token] ?? 0
                }
                if count > life { return challenge }
                let writes = !["GET", "HEAD"].contains(request.method)
                if writes, !token.hasPrefix("Bearer push") { return challenge }
                return registry.answer(request)
            }
        }

        var tokenRequests: [ScriptedServer.Request] { scripted.requests.filter { $0.path == "/token" } }
    }

    private func session(_ folder: String, _ server: Server, _ credentials: RegistryCredentials?) throws
        -> RegistrySession
    {
        let environment = ["HOME": folder]
        if let credentials {
            try CredentialStore(environment: environment).save(
                credentials, forRegistry: "127.0.0.1:\(server.scripted.port)")
        }
        return testSession(environment: environment)
    }

    @Test func oneTokenServesManyRequests() throws {
        let server = try Server()
        defer { server.scripted.stop() }
        try withTemporaryFolder { folder in
            let image = try SampleImage(1)
            let layout = BlobFolderImages.layoutFolder("\(folder)/layout")
            try image.put(layout, tags: [try tag("v1")])
            let session = try session(folder, server, .password(user: "u", password: "p"))
            try ImageCopy(from: layout, to: server.scripted.repository("a", session)).run(
                .tag(try tag("v1")), tags: [try tag("v1")])
            #expect(server.tokenRequests.count == 1)
            let target = try #require(server.tokenRequests.first).target
            #expect(target == "/token?service=lab%20registry&scope=repository%3Aa%3Apull%2Cpush")
            #expect(try image.isWhole(in: server.scripted.repository("a", session), .tag(try tag("v1"))))
            #expect(server.tokenRequests.count == 2)
        }
    }

    @Test func tokensThatExpireAreAskedForAgain() throws {
        let server = try Server(life: 2)
        defer { server.scripted.stop() }
        try withTemporaryFolder { folder in
            let image = try SampleImage(1)
            let session = try session(folder, server, .password(user: "u", password: "p"))
            try image.put(server.scripted.repository("a", session), tags: [try tag("v1")])
            for blob in image.blobs { #expect(server.registry.blob(blob.digest) == image.content[blob.digest]) }
        }
    }

    @Test func longUploadsGetATokenOfTheirOwn() throws {
        let server = try Server()
        defer { server.scripted.stop() }
        try withTemporaryFolder { folder in
            let path = "\(folder)/blob"
            let file = try HostSystem.Descriptor.open(path, O_RDWR | O_CREAT)
            #expect(ftruncate(file.number, 33 << 20) == 0)
            let digest = try #require(Digest(hex: SHA256.hexDigest(file: path)))
            let blob = ContentDescriptor(mediaType: .layer, digest: digest, size: 33 << 20)
            let session = try session(folder, server, .password(user: "u", password: "p"))
            let progress = Mutex<[Int64]>([])
            var content = BlobContent(file: path)
            content.onProgress = { bytes in progress.withLock { $0.append(bytes) } }
            try server.scripted.repository("a", session).putBlob(blob, from: content)
            // Before the POST and before the PUT.
            #expect(server.tokenRequests.count == 2)
            #expect(progress.withLock { $0.last } == 33 << 20 && progress.withLock { $0.count } > 10)
        }
    }

    @Test func identityTokensBuyTokens() throws {
        let server = try Server()
        defer { server.scripted.stop() }
        try withTemporaryFolder { folder in
            let image = try SampleImage(1, layers: [10])
            let session = try session(folder, server, .identityToken("r-e&f"))
            try image.put(server.scripted.repository("a", session), tags: [try tag("v1")])
            let body = String(decoding: try #require(server.tokenRequests.first).body, as: UTF8.self)
            #expect(body.contains("grant_type=refresh_token") && body.contains("refresh_token=r-e%26f"))
        }
    }

    @Test func nobodyMayStillRead() throws {
        let server = try Server(user: nil)
        defer { server.scripted.stop() }
        let image = try SampleImage(1, layers: [10])
        server.registry.add(image, tag: "v1")
        #expect(try image.isWhole(in: server.scripted.repository(), .tag(try tag("v1"))))
        #expect(server.tokenRequests.allSatisfy { $0.headers["authorization"] == nil })
    }

    @Test func wrongPasswordsAreNamedAndNotShown() throws {
        let server = try Server()
        defer { server.scripted.stop() }
        try withTemporaryFolder { folder in
            let session = try session(folder, server, .password(user: "u", password: "hidden"))
            let error = try #require(throws: OCIRegistryError.self) {
                try server.scripted.repository("a", session).tags()
            }
            guard case .unauthorized(hadCredentials: true, let said) = error.cause else { throw error }
            #expect(said == "incorrect username or password")
            #expect(!"\(error)".contains("hidden"))
            #expect(throws: OCIRegistryError.self) {
                try session.check(.password(user: "x", password: "y"), forRegistry: "127.0.0.1:\(server.scripted.port)")
            }
            try session.check(.password(user: "u", password: "p"), forRegistry: "127.0.0.1:\(server.scripted.port)")
        }
    }
}
