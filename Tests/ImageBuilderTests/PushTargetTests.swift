import ContentStore
import LayerArchive
import OCIModel
import OCIRegistry
import Synchronization
import TestSupport
import Testing

@testable import ImageBuilder

/// What a build asks the repository that its image goes to, and what it believes.
@Suite struct PushTargetTests {
    private let key = RecordKey("wheel-layer", "1.1", "a")
    private let digest = Digest(of: [1])

    private func target(_ server: ScriptedServer) throws -> PushTarget {
        let repository = try Repository(registry: "127.0.0.1:\(server.port)", path: "a")
        return PushTarget([session().repository(repository)], tag: try Tag("v1"))
    }

    private func said(_ changes: [String: String?] = [:]) -> [String: String] {
        var annotations: [String: String?] = [
            LayerAnnotations.key: "\(key.digest)", LayerAnnotations.diffID: "\(Digest(of: [2]))",
            LayerAnnotations.unpackedSize: "20480", LayerAnnotations.title: "torch", "other": "x",
        ]
        for (name, value) in changes { annotations[name] = value }
        return annotations.compactMapValues { $0 }
    }

    private func manifest(_ layer: ContentDescriptor) throws -> [UInt8] {
        let config = ContentDescriptor(mediaType: .configuration, digest: Digest(of: [3]), size: 3)
        return try Document(ImageManifest(config: config, layers: [layer]), mediaType: .manifest).bytes
    }

    /// - Parameter head: what it answers when it is asked for a blob.
    private func server(_ manifest: [UInt8], head: Int = 200, size: Int64 = 4096) throws -> ScriptedServer {
        try ScriptedServer { request in
            if request.path.contains("/manifests/") {
                return ScriptedServer.answer(200, ["Content-Type": MediaType.manifest.rawValue], manifest)
            }
            if request.path.contains("/blobs/") { return ScriptedServer.answer(head, ["Content-Length": "\(size)"]) }
            return ScriptedServer.answer(request.path == "/v2/" ? 200 : 404)
        }
    }

    private func believed(
        _ layer: ContentDescriptor, format: LayerFormat = .gzip, head: Int = 200, size: Int64 = 4096
    ) throws -> LayerRecord? {
        let server = try server(manifest(layer), head: head, size: size)
        defer { server.stop() }
        return try target(server).layers([key: 100], format: format)[key]
    }

    @Test func aLayerIsKnownByItsKey() throws {
        let layer = ContentDescriptor(mediaType: .layerGzip, digest: digest, size: 4096, annotations: said())
        let record = try #require(try believed(layer))
        #expect(record.descriptor == ContentDescriptor(mediaType: .layerGzip, digest: digest, size: 4096))
        #expect(record.diffID == Digest(of: [2]) && record.unpackedSize == 20480)
    }

    @Test func whatCannotBeTheLayerIsNotBelieved() throws {
        func layer(
            _ changes: [String: String?] = [:], type: MediaType = .layerGzip, size: Int64 = 4096
        ) -> ContentDescriptor {
            ContentDescriptor(mediaType: type, digest: digest, size: size, annotations: said(changes))
        }
        for bad in [
            layer([LayerAnnotations.diffID: nil]), layer([LayerAnnotations.diffID: "sha256:abc"]),
            layer([LayerAnnotations.diffID: "sha512:\(digest.hex)\(digest.hex)"]),
            layer([LayerAnnotations.unpackedSize: nil]), layer([LayerAnnotations.unpackedSize: "-5"]),
            layer([LayerAnnotations.unpackedSize: "+20480"]), layer([LayerAnnotations.unpackedSize: "020480"]),
            layer([LayerAnnotations.unpackedSize: "99999999999999999999"]),
            layer([LayerAnnotations.key: "\(RecordKey("wheel-layer", "1.1", "b").digest)"]),
            layer([LayerAnnotations.key: "torch"]), layer(type: .layerZstd), layer(type: .configuration),
            layer(size: 0),
        ] {
            #expect(try believed(bad) == nil, "\(bad)")
        }
        // The manifest names it, and it is gone, or has another size.
        #expect(try believed(layer(), head: 404) == nil)
        #expect(try believed(layer(), size: 4095) == nil)
        // A format that asks for an annotation gets it, and nothing else.
        let name = try #require(LayerFormat.estargz.annotationNames.first)
        #expect(try believed(layer(), format: .estargz) == nil)
        #expect(try believed(layer([name: "x"]), format: .estargz) == nil)
        let good = try #require(try believed(layer([name: "\(digest)"]), format: .estargz))
        #expect(good.descriptor.annotations == [name: "\(digest)"])
    }

    @Test func manifestsThatAreNoneSayNothing() throws {
        for bytes in [Array("{}".utf8), Array("[".utf8), [], Array(#"{"schemaVersion":1}"#.utf8)] {
            let server = try server(bytes)
            defer { server.stop() }
            #expect(try target(server).layers([key: 100], format: .gzip).isEmpty)
        }
    }

    @Test func mutatedAnnotationsNeverTrap() throws {
        var generator = SeededGenerator(71)
        let layer = ContentDescriptor(mediaType: .layerGzip, digest: digest, size: 4096, annotations: said())
        let bytes = try manifest(layer)
        for _ in 0..<3000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                mutated[Int.random(in: 0..<mutated.count, using: &generator)] = .random(in: 32...126, using: &generator)
            }
            guard let image = try? Document<ImageManifest>(parsing: mutated, mediaType: .manifest) else { continue }
            for layer in image.value.layers {
                guard LayerAnnotations.claimedKey(layer) != nil,
                    let record = LayerAnnotations.claimedRecord(layer, format: .gzip)
                else { continue }
                #expect(record.unpackedSize > 0 && record.descriptor.size > 0)
            }
        }
    }

    @Test(arguments: [(401, "wants a name"), (403, "does not allow"), (404, "not there"), (405, "405")])
    func refusalsComeBeforeAnyWork(status: Int, words: String) throws {
        let server = try ScriptedServer { request in
            ScriptedServer.answer(request.method == "POST" ? status : 200)
        }
        defer { server.stop() }
        let error = try #require(throws: OCIRegistryError.self) { try target(server).open() }
        #expect("\(error)".contains("cannot push images") && "\(error)".contains(words), "\(error)")
    }

    @Test func aRegistryThatIsNotThereIsNamed() throws {
        let server = try ScriptedServer { _ in [.cut] }
        server.stop()
        let error = try #require(throws: OCIRegistryError.self) { try target(server).open() }
        #expect("\(error)".contains("127.0.0.1:\(server.port)"), "\(error)")
    }

    /// In the middle of a build: no blob counts as missing because nobody answered.
    @Test(arguments: [401, 403, 500])
    func refusalsAreNeverTakenForNo(status: Int) throws {
        let server = try ScriptedServer { request in
            ScriptedServer.answer(request.method == "HEAD" ? status : 200, ["Retry-After": "0"])
        }
        defer { server.stop() }
        let blob = ContentDescriptor(mediaType: .layerGzip, digest: digest, size: 1)
        #expect(throws: OCIRegistryError.self) { try target(server).has(blob) }
    }

    @Test func blobsAreAskedForTogetherAndOnce() throws {
        let now = Atomic(0)
        let most = Atomic(0)
        let server = try ScriptedServer { request in
            guard request.method == "HEAD" else { return ScriptedServer.answer(200) }
            most.max(now.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
            sleepBriefly()
            now.subtract(1, ordering: .relaxed)
            return ScriptedServer.answer(200, ["Content-Length": "1"])
        }
        defer { server.stop() }
        let blobs = (0..<24).map { ContentDescriptor(mediaType: .layerGzip, digest: Digest(of: [$0]), size: 1) }
        let target = try target(server)
        #expect(try target.present(blobs).count == 24)
        #expect(try target.present(blobs).count == 24)
        #expect(server.requests.filter { $0.method == "HEAD" }.count == 24)
        #expect((2...8).contains(most.load(ordering: .relaxed)))
    }
}
