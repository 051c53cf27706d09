import OCIModel
import TestSupport
import Testing

@Suite struct DocumentTests {
    private let layer = ContentDescriptor(mediaType: .layerGzip, digest: Digest(of: [1]), size: 1)
    private let config = ContentDescriptor(mediaType: .configuration, digest: Digest(of: [2]), size: 2)

    @Test func equalValuesHaveEqualDigests() throws {
        let manifest = ImageManifest(config: config, layers: [layer], annotations: ["b": "2", "a": "1"])
        let first = try Document(manifest, mediaType: .manifest)
        let second = try Document(manifest, mediaType: .manifest)
        #expect(first.digest == second.digest)
        let read = try Document<ImageManifest>(parsing: first.bytes, mediaType: .manifest)
        #expect(read.value == manifest)
        #expect(read.descriptor == first.descriptor)
    }

    @Test func bytesFromOutsideAreKept() throws {
        let text = #"{ "schemaVersion":2, "config":\#(json(config)), "layers":[], "unknown": {"x": [1]} }"#
        let document = try Document<ImageManifest>(parsing: Array(text.utf8), mediaType: .dockerManifest)
        #expect(document.bytes == Array(text.utf8))
        #expect(document.digest == Digest(of: Array(text.utf8)))
    }

    private func json(_ descriptor: ContentDescriptor) -> String {
        #"{"mediaType":"\#(descriptor.mediaType)","digest":"\#(descriptor.digest)","size":\#(descriptor.size)}"#
    }

    @Test(arguments: [
        ("", "document"), ("{", "document"), (#"{"schemaVersion":2}"#, "config"),
        (#"{"schemaVersion":2,"config":{"mediaType":"x","digest":"sha256:1","size":1},"layers":[]}"#, "sha256:1"),
        (
            #"{"schemaVersion":2,"config":{"mediaType":"x","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":-1},"layers":[]}"#,
            "below zero"
        ),
        (#"{"schemaVersion":2,"config":7,"layers":[]}"#, "config"),
        (String(repeating: "[", count: 100_000), "document"),
    ])
    func brokenDocuments(text: String, named: String) throws {
        let error = #expect(throws: OCIModelError.self) {
            try Document<ImageManifest>(parsing: Array(text.utf8), mediaType: .manifest)
        }
        #expect(try #require(error).description.contains(named))
    }

    @Test func configurationsKeepTheSpecificationsNames() throws {
        var execution = ImageConfiguration.Execution()
        execution.environment = ["A=1"]
        execution.entrypoint = ["/init"]
        execution.exposedPorts = ["22/tcp": .init()]
        let configuration = ImageConfiguration(
            platform: Platform(architecture: "amd64"), config: execution, diffIDs: [Digest(of: [1])],
            history: [.init(createdBy: "bunsen")])
        let text = String(decoding: try Document(configuration, mediaType: .configuration).bytes, as: UTF8.self)
        for part in [#""Env":["A=1"]"#, #""diff_ids":["sha256:"#, #""ExposedPorts":{"22/tcp":{}}"#, #""created_by""#] {
            #expect(text.contains(part))
        }
    }

    @Test func mutatedDocumentsNeverTrap() throws {
        let manifest = ImageManifest(config: config, layers: [layer, layer], annotations: ["a": "1"])
        let bytes = try Document(manifest, mediaType: .manifest).bytes
        var generator = SeededGenerator(11)
        var refused = 0
        for _ in 0..<4000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<mutated.count, using: &generator)
                if Bool.random(using: &generator) {
                    mutated[place] = UInt8.random(in: 0...255, using: &generator)
                } else {
                    mutated.removeSubrange(place..<min(mutated.count, place + 7))
                }
            }
            do { _ = try Document<ImageManifest>(parsing: mutated, mediaType: .manifest) } catch { refused += 1 }
        }
        #expect(refused > 1000)
    }

    @Test func platformsAsText() throws {
        #expect(try Platform("linux/arm64") == Platform(architecture: "arm64"))
        #expect(try Platform("linux/arm/v7") == Platform(architecture: "arm", variant: "v7"))
        for text in ["", "arm64", "linux/", "/amd64", "linux/arm/v7/x", "Linux/amd64", "linux /amd64"] {
            #expect(throws: OCIModelError.self, "\(text)") { try Platform(text) }
        }
    }

    @Test func theIndexFindsThePlatform() {
        var amd = config
        amd.mediaType = .manifest
        amd.platform = Platform(architecture: "amd64")
        var arm = amd
        arm.platform = Platform(architecture: "arm64", variant: "v8")
        let index = ImageIndex(manifests: [amd, arm])
        #expect(index.manifest(for: Platform(architecture: "arm64")) == arm)
        #expect(index.manifest(for: Platform(architecture: "amd64")) == amd)
        #expect(index.manifest(for: Platform(architecture: "riscv64")) == nil)
    }
}
