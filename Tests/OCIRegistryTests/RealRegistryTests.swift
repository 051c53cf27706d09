import Glibc
import HTTPTransfer
import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import OCIRegistry

/// Debian's registry as the server, and skopeo as another client that judges.
@Suite struct RealRegistryTests {
    @Test func pushAndPull() throws {
        try withTemporaryFolder { folder in
            try RealRegistry.with(folder) { registry in
                let image = try SampleImage(1)
                let layout = BlobFolderImages.layoutFolder("\(folder)/layout")
                try image.put(layout, tags: [try tag("v1")])
                let remote = try registry.repository("vision/digits", testSession())
                let first = try ImageCopy(from: layout, to: remote).run(.tag(try tag("v1")), tags: [try tag("v1")])
                #expect(first.manifest.digest == image.manifest.digest)
                #expect(first.movedBytes == image.size)
                #expect(try image.isWhole(in: remote, .tag(try tag("v1"))))
                // Once more: nothing moves.
                let second = try ImageCopy(from: layout, to: remote).run(.tag(try tag("v1")), tags: [try tag("v2")])
                #expect(second.movedBytes == 0 && second.blobs.values.allSatisfy { $0 == .wasThere })
                #expect(try remote.tags() == [try tag("v1"), try tag("v2")])
                // Into another repository: mounted.
                let other = try registry.repository("other", testSession())
                let third = try ImageCopy(from: remote, to: other).run(.tag(try tag("v1")), tags: [try tag("x")])
                #expect(third.movedBytes == 0)
                #expect(third.blobs.values.allSatisfy { $0 == .mounted(from: remote.repository) })
                // And back.
                let back = BlobFolderImages.layoutFolder("\(folder)/back")
                try ImageCopy(from: other, to: back).run(.digest(image.manifest.digest), tags: [try tag("y")])
                #expect(try image.isWhole(in: back, .tag(try tag("y"))))
                #expect(try registry.repositories() == ["other", "vision/digits"])
            }
        }
    }

    @Test func skopeoAgrees() throws {
        try withTemporaryFolder { folder in
            try RealRegistry.with(folder) { registry in
                let image = try SampleImage(2)
                let remote = try registry.repository("a/b", testSession())
                try image.put(remote, tags: [try tag("v1")])
                let skopeo = try program("skopeo")
                let copied = try skopeo.run([
                    "copy", "--preserve-digests", "--src-tls-verify=false", "docker://\(registry.host)/a/b:v1",
                    "oci:\(folder)/skopeo:v1",
                ])
                #expect(copied.succeeded, "\(copied.errorText)")
                let theirs = BlobFolderImages.layoutFolder("\(folder)/skopeo")
                #expect(try image.isWhole(in: theirs, .tag(try tag("v1"))))
                // Ours reads what theirs pushed.
                let pushed = try skopeo.run([
                    "copy", "--preserve-digests", "--dest-tls-verify=false", "oci:\(folder)/skopeo:v1",
                    "docker://\(registry.host)/c:v2",
                ])
                #expect(pushed.succeeded, "\(pushed.errorText)")
                #expect(try image.isWhole(in: registry.repository("c", testSession()), .tag(try tag("v2"))))
            }
        }
    }

    @Test func passwords() throws {
        try withTemporaryFolder { folder in
            var options = RealRegistry.Options()
            options.user = ("robot$lab+1", "p:w ü")
            try RealRegistry.with(folder, options) { registry in
                let image = try SampleImage(3, layers: [1000])
                var environment = ["HOME": folder]
                let nobody = try registry.repository("a", testSession(environment: environment))
                let refused = try #require(throws: OCIRegistryError.self) { try nobody.tags() }
                guard case .unauthorized(hadCredentials: false, _) = refused.cause else { throw refused }
                let store = CredentialStore(environment: environment)
                let session = testSession(environment: environment)
                let wrong = RegistryCredentials.password(user: "robot$lab+1", password: "other")
                let right = RegistryCredentials.password(user: "robot$lab+1", password: "p:w ü")
                let error = try #require(throws: OCIRegistryError.self) {
                    try session.check(wrong, forRegistry: registry.host)
                }
                guard case .unauthorized(hadCredentials: true, _) = error.cause else { throw error }
                #expect(!"\(error)".contains("other"))
                try session.check(right, forRegistry: registry.host)
                #expect(try store.save(right, forRegistry: registry.host) == "\(folder)/.docker/config.json")
                let remote = try registry.repository("a", testSession(environment: environment))
                try image.put(remote, tags: [try tag("v1")])
                #expect(try image.isWhole(in: remote, .tag(try tag("v1"))))
                // Another program reads the file that we wrote.
                let skopeo = try program("skopeo").run([
                    "inspect", "--tls-verify=false", "--authfile", "\(folder)/.docker/config.json",
                    "docker://\(registry.host)/a:v1",
                ])
                #expect(skopeo.succeeded, "\(skopeo.errorText)")
                // And we read the file that it wrote.
                environment["REGISTRY_AUTH_FILE"] = "\(folder)/auth.json"
                let login = try program("skopeo").run([
                    "login", "--tls-verify=false", "--authfile", "\(folder)/auth.json", "-u", "robot$lab+1", "-p",
                    "p:w ü",
                    registry.host,
                ])
                #expect(login.succeeded, "\(login.errorText)")
                let again = try registry.repository("a", testSession(environment: environment))
                #expect(try again.tags() == [try tag("v1")])
            }
        }
    }

    @Test func certificates() throws {
        try withTemporaryFolder { folder in
            let certificate = try makeCertificate(folder)
            var options = RealRegistry.Options()
            options.certificate = certificate
            try RealRegistry.with(folder, options) { registry in
                let image = try SampleImage(4)
                let untrusted = try registry.repository("a", testSession())
                let error = try #require(throws: OCIRegistryError.self) { try untrusted.tags() }
                guard case .transfer(let transfer) = error.cause, case .tls(_, isCertificate: true) = transfer.cause
                else { throw error }
                try Files.makeFolder("\(folder)/certs.d/\(registry.host)")
                try Files.write(
                    try Files.read("\(folder)/authority.pem"), to: "\(folder)/certs.d/\(registry.host)/ca.crt")
                let remote = try registry.repository("a", testSession(certificates: ["\(folder)/certs.d"]))
                try image.put(remote, tags: [try tag("v1")])
                #expect(try image.isWhole(in: remote, .tag(try tag("v1"))))
                let insecure = testSession { $0.insecure = [registry.host] }
                #expect(try registry.repository("a", insecure).tags() == [try tag("v1")])
            }
        }
    }

    private func makeCertificate(_ folder: String) throws -> (certificate: String, key: String) {
        let openssl = try program("openssl")
        func run(_ arguments: String) throws {
            let result = try openssl.run(arguments.split(separator: " ").map(String.init))
            #expect(result.succeeded, "\(result.errorText)")
        }
        try run(
            "req -x509 -newkey rsa:2048 -nodes -keyout \(folder)/authority.key -out \(folder)/authority.pem -days 2 -subj /CN=lab"
        )
        try run("req -newkey rsa:2048 -nodes -keyout \(folder)/server.key -out \(folder)/server.csr -subj /CN=registry")
        try Files.write("subjectAltName=IP:127.0.0.1\n", to: "\(folder)/extensions")
        try run(
            "x509 -req -in \(folder)/server.csr -CA \(folder)/authority.pem -CAkey \(folder)/authority.key -CAcreateserial -days 2 -extfile \(folder)/extensions -out \(folder)/server.pem"
        )
        return ("\(folder)/server.pem", "\(folder)/server.key")
    }

    @Test func uploadsInParts() throws {
        try withTemporaryFolder { folder in
            try RealRegistry.with(folder) { registry in
                let image = try SampleImage(5)
                let remote = try registry.repository("a", testSession { $0.uploadChunk = 262_144 })
                try image.put(remote, tags: [try tag("v1")])
                #expect(try image.isWhole(in: remote, .tag(try tag("v1"))))
            }
        }
    }

    @Test func wrongBytesAreRefused() throws {
        try withTemporaryFolder { folder in
            try RealRegistry.with(folder) { registry in
                let remote = try registry.repository("a", testSession())
                let blob = ContentDescriptor(mediaType: .layer, digest: Digest(of: [1, 2, 3]), size: 3)
                let error = try #require(throws: OCIRegistryError.self) {
                    try remote.putBlob(blob, from: BlobContent([1, 2, 4]))
                }
                #expect("\(error)".contains("DIGEST_INVALID"), "\(error)")
                #expect(try !remote.hasBlob(blob))
            }
        }
    }

    @Test func deletion() throws {
        try withTemporaryFolder { folder in
            try RealRegistry.with(folder) { registry in
                let image = try SampleImage(6, layers: [10])
                let remote = try registry.repository("a", testSession())
                try image.put(remote, tags: [try tag("v1")])
                let byTag = try #require(throws: OCIRegistryError.self) { try remote.delete(.tag(try tag("v1"))) }
                #expect("\(byTag)".contains("\(image.manifest.digest)"), "\(byTag)")
                try remote.delete(.digest(image.manifest.digest))
                let gone = try #require(throws: OCIRegistryError.self) { try remote.manifest(.tag(try tag("v1"))) }
                #expect(gone.isMissing)
            }
        }
    }
}

extension RealRegistry {
    func repositories() throws -> [String] { try testSession().repositories(of: host) }
}
