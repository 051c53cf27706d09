import Glibc
import HTTPTransfer
import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import OCIRegistry

/// Bytes from servers and from other people's files must be read in finite time and without a trap.
@Suite struct FuzzTests {
    private func mutated(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...5, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0...3, using: &generator) {
            case 0: bytes[place] = .random(in: 0...255, using: &generator)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &generator)))
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 20)], at: place)
            }
        }
        return bytes
    }

    @Test func challenges() {
        var generator = SeededGenerator(1)
        let sample = Array(
            #"Bearer realm="https://a/t?x=\"1\"",service=s , scope="repository:a:pull,push", Basic realm=x"#.utf8)
        for _ in 0..<5000 {
            let text = String(decoding: mutated(sample, &generator), as: UTF8.self)
            #expect(AuthenticationChallenge.parse([text]).count <= text.utf8.count)
            var headers = HTTPHeaders()
            headers.append("Link", text)
            _ = RegistryHost.next(headers)
            _ = BlobUpload.end(ofRange: text)
            _ = ServerMessage.text(Array(text.utf8))
        }
        let challenges = AuthenticationChallenge.parse([String(decoding: sample, as: UTF8.self)])
        #expect(challenges.map(\.scheme) == ["bearer", "basic"])
        #expect(challenges[0].parameters["realm"] == #"https://a/t?x="1""#)
        #expect(challenges[0].parameters["scope"] == "repository:a:pull,push")
        #expect(AuthenticationChallenge.parse(["Negotiate, NTLM", #"Basic realm="\"#]).count == 3)
    }

    @Test func manifests() throws {
        var generator = SeededGenerator(2)
        let image = try SampleImage(1, layers: [10, 20])
        let index = try Document(ImageIndex(manifests: [image.manifest.descriptor]), mediaType: .index)
        var refused = 0
        for round in 0..<4000 {
            let bytes = mutated(round % 2 == 0 ? image.manifest.bytes : index.bytes, &generator)
            do { _ = try ManifestDocument(parsing: bytes, mediaType: round % 3 == 0 ? nil : .manifest) } catch {
                refused += 1
            }
        }
        #expect(refused > 500)
        for text in ["", "[]", "null", "{}", #"{"schemaVersion":1,"name":"x"}"#, #"{"manifests":1}"#] {
            #expect(throws: OCIModelError.self) { try ManifestDocument(parsing: Array(text.utf8), mediaType: nil) }
        }
        // What the sender says counts less than the document.
        let said = try ManifestDocument(parsing: index.bytes, mediaType: .manifest)
        guard case .index = said else { throw OCIModelError("an index", "", "it is not") }
        let plain = try ManifestDocument(
            parsing: image.manifest.bytes, mediaType: MediaType(rawValue: "application/json"))
        guard case .image = plain else { throw OCIModelError("an image", "", "it is not") }
    }

    @Test func credentialFiles() throws {
        var generator = SeededGenerator(3)
        let sample = Array(
            #"{"auths":{"a.b":{"auth":"dTpw","identitytoken":""},"c/d":{"username":"x","password":"y"}},"credHelpers":{"e.f":""}}"#
                .utf8)
        let key = RegistryKey(registry: "a.b", path: "x/y")
        var refused = 0
        for _ in 0..<4000 {
            do {
                let file = try CredentialFile("auth.json", parsing: mutated(sample, &generator))
                _ = file.helper(for: RegistryKey(registry: "e.f"))
                _ = try file.credentials(for: key)
            } catch { refused += 1 }
        }
        #expect(refused > 500)
        #expect(
            try CredentialFile("auth.json", parsing: sample).credentials(for: key)
                == .password(user: "u", password: "p"))
    }

    @Test func archives() throws {
        var generator = SeededGenerator(4)
        try withTemporaryFolder { folder in
            let image = try SampleImage(1, layers: [600, 20])
            let good = "\(folder)/good.tar"
            let writer = try DockerArchiveWriter(good, repository: Repository("a.example.org/b"))
            try image.put(writer, tags: [try tag("v1")])
            try writer.finish()
            let sample = try Files.read(good)
            var refused = 0
            for _ in 0..<1000 {
                let path = "\(folder)/bad.tar"
                let file = try HostSystem.Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC)
                try file.writeAll(mutated(sample, &generator), path: path)
                do {
                    let archive = try DockerArchive(path)
                    for tag in archive.tags() {
                        let manifest = try archive.manifest(.tag(tag))
                        for blob in manifest.blobs { _ = try archive.openBlob(blob, from: 3).readAll(limit: 1 << 20) }
                    }
                } catch { refused += 1 }
            }
            #expect(refused > 200)
        }
    }

    @Test func loopbackRequests() {
        var generator = SeededGenerator(5)
        let sample = Array(
            "GET /v2/a/blobs/sha256:1?x HTTP/1.1\r\nHost: a\r\nRange: bytes=5-9\r\nConnection: close\r\n".utf8)
        for _ in 0..<4000 { _ = LoopbackRequest(head: mutated(sample, &generator)[...]) }
        let request = LoopbackRequest(head: sample[...])
        #expect(
            request?.path == "/v2/a/blobs/sha256:1" && request?.range?.last == 9 && request?.keepsConnection == false)
    }
}
