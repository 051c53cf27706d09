import ContentStore
import Glibc
import HTTPTransfer
import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import OCIRegistry

@Suite struct LoopbackTests {
    private func with(_ body: (LoopbackRegistry, LoopbackRegistry.Image, SampleImage, String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let image = try SampleImage(1)
            let store = ContentStore(home: folder)
            let place = BlobFolderImages.stored(in: store, try Repository("registry.example.org/digits"))
            try image.put(place, tags: [try tag("v1")])
            // In the store, but not of the image that is served.
            try SampleImage(2, layers: [10]).put(place, tags: [try tag("other")])
            let served = LoopbackRegistry.Image(path: "digits", tag: try tag("v1"), manifest: image.manifest.digest)
            let server = try LoopbackRegistry(store, images: [served])
            try body(server, served, image, folder)
        }
    }

    @Test func pullersGetEverything() throws {
        try with { server, served, image, folder in
            let reference = try ImageReference(server.reference(of: served))
            let remote = testSession().repository(reference.repository)
            #expect(try image.isWhole(in: remote, .tag(try tag("v1"))))
            #expect(try remote.tags() == [try tag("v1")])
            #expect(try remote.openBlob(image.blobs[3], from: 2_900_000).readAll(limit: 1 << 20).count > 100_000)
            let start = monotonicSeconds()
            let copied = try program("skopeo").run([
                "copy", "--preserve-digests", "--src-tls-verify=false", "docker://\(reference)", "oci:\(folder)/out:v1",
            ])
            #expect(copied.succeeded, "\(copied.errorText)")
            // A greeting with TLS is refused at once: otherwise pullers wait for ten seconds.
            #expect(monotonicSeconds() - start < 8)
            #expect(try image.isWhole(in: BlobFolderImages.layoutFolder("\(folder)/out"), .tag(try tag("v1"))))
            let layout = BlobFolderImages.layoutFolder("\(folder)/parallel")
            var copy = ImageCopy(from: remote, to: layout)
            copy.parallel = 8
            try copy.run(.digest(image.manifest.digest), tags: [try tag("x")])
        }
    }

    @Test func nothingElseIsGivenOut() throws {
        try with { server, served, image, _ in
            let other = try SampleImage(2, layers: [10])
            let reference = try ImageReference(server.reference(of: served))
            let remote = testSession().repository(reference.repository)
            #expect(throws: OCIRegistryError.self) { try remote.manifest(.digest(other.manifest.digest)) }
            #expect(throws: OCIRegistryError.self) { try remote.readBlob(other.blobs[0]) }
            let guessed = testSession().repository(
                try Repository(registry: "127.0.0.1:\(server.port)", path: "digits"))
            #expect(throws: OCIRegistryError.self) { try guessed.manifest(.tag(try tag("v1"))) }
            #expect(throws: OCIRegistryError.self) { try image.put(remote, tags: [try tag("v2")]) }
            let client = HTTPClient()
            let root = "http://127.0.0.1:\(server.port)/v2/\(reference.repository.path)/blobs"
            for path in ["\(root)/../../../etc/passwd", "\(root)/sha256:..", "\(root)/%2e%2e", "\(root)/"] {
                #expect(try client.send(HTTPRequest("GET", WebAddress(path))).status == 404)
            }
        }
    }

    @Test func partsOfBlobs() throws {
        try with { server, served, image, _ in
            let reference = try ImageReference(server.reference(of: served))
            let blob = image.blobs[1]
            let bytes = try #require(image.content[blob.digest])
            func get(_ range: String, _ method: String = "GET") throws -> HTTPResponse {
                let address = "http://127.0.0.1:\(server.port)/v2/\(reference.repository.path)/blobs/\(blob.digest)"
                return try HTTPClient().send(HTTPRequest(method, WebAddress(address), headers: ["Range": range]))
            }
            #expect(try get("bytes=0-0").body == [bytes[0]])
            let part = try get("bytes=100-199")
            #expect(part.status == 206 && part.body == Array(bytes[100..<200]))
            #expect(part.headers["Content-Range"] == "bytes 100-199/\(bytes.count)")
            #expect(try get("bytes=\(bytes.count - 1)-").body == [bytes[bytes.count - 1]])
            #expect(try get("bytes=\(bytes.count - 1)-999999999").body.count == 1)
            #expect(try get("bytes=\(bytes.count)-").status == 416)
            for odd in ["bytes=-5", "bytes=5-2", "bytes=1-2,4-5", "lines=1-2", "bytes=99999999999999999999-"] {
                #expect(try get(odd).body == bytes)
            }
            #expect(try get("bytes=0-", "HEAD").body.isEmpty)
        }
    }

    @Test func damageIsFoundBeforeServing() throws {
        try withTemporaryFolder { folder in
            let image = try SampleImage(1, layers: [100])
            let layout = PlainBlobFolder(folder)
            try image.put(BlobFolderImages.layoutFolder(folder), tags: [])
            let served = LoopbackRegistry.Image(path: "a", tag: try tag("v1"), manifest: image.manifest.digest)
            try Files.remove(layout.path(of: image.blobs[1].digest))
            let error = try #require(throws: OCIRegistryError.self) { try LoopbackRegistry(layout, images: [served]) }
            #expect(error.isMissing)
        }
    }

    @Test func rudeClients() throws {
        try with { server, served, image, _ in
            for text in [
                "\r\n\r\n", "GET\r\n\r\n", "GET / SPDY/9\r\n\r\n", String(repeating: "x", count: 40_000),
                "GET /v2/ HTTP/1.1\r\nnocolon\r\n\r\n", "POST /v2/ HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde",
            ] {
                let answer = try exchange(text, port: server.port)
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(text.prefix(20)): \(answer.prefix(40))")
            }
            // Many that say nothing do not keep others out.
            let silent = (0..<20).compactMap { _ in connected(server.port) }
            #expect(silent.count == 20)
            let reference = try ImageReference(server.reference(of: served))
            #expect(try image.isWhole(in: testSession().repository(reference.repository), .tag(try tag("v1"))))
            let line = "GET /v2/ HTTP/1.1\r\n"
            let answers = try exchange("\(line)Host: a\r\n\r\n\(line)Connection: close\r\n\r\n", port: server.port)
            #expect(answers.components("HTTP/1.1 200 OK") == 2)
        }
    }

    private func connected(_ port: Int) -> HostSystem.Descriptor? {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let done = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let descriptor = HostSystem.Descriptor(owning: number)
        return done == 0 ? descriptor : nil
    }

    private func exchange(_ text: String, port: Int) throws -> String {
        let socket = try #require(connected(port))
        _ = Array(text.utf8).withUnsafeBytes { send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = chunk.withUnsafeMutableBytes { recv(socket.number, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += chunk[..<count]
        }
    }
}

extension String {
    fileprivate func components(_ part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let index = rest.indices.first(where: { rest[$0...].hasPrefix(part) }) {
            count += 1
            rest = rest[rest.index(after: index)...]
        }
        return count
    }
}
