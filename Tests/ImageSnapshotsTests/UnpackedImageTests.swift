import ContentStore
import Glibc
import HostSystem
import ImageSnapshots
import OCIModel
import TestSupport
import Testing

/// Images of the store on disk: what is unpacked is used, what is not is unpacked once.
@Suite struct UnpackedImageTests {
    /// A layer made by the real tar.
    private func layer(_ files: [String: String], in folder: String, _ store: ContentStore) throws -> StoredBlob {
        let root = "\(folder)/layer.\(UInt32.random(in: 0...UInt32.max))"
        for (path, content) in files {
            try Files.makeFolder(Files.parent(of: "\(root)/\(path)") ?? root)
            try Files.write(content, to: "\(root)/\(path)")
        }
        let tar = try #require(
            findExecutable("tar", searchPath: processEnvironment()["PATH"] ?? "/usr/bin:/bin", from: "/"))
        let made = try Tool(executable: tar, environment: [:]).run(
            ["--create", "--sort=name", "--mtime=@0", "--directory", root, "--file", "\(root).tar", "."])
        try #require(made.succeeded, "\(made.errorText)")
        return try store.store(try Files.read("\(root).tar"))
    }

    private func image(
        _ layers: [(digest: Digest, size: Int64)], diffIDs: [Digest], in store: ContentStore
    ) throws -> Digest {
        let configuration = try Document(
            ImageConfiguration(platform: .host, config: nil, diffIDs: diffIDs, history: nil),
            mediaType: .configuration)
        try store.store(configuration)
        let manifest = try Document(
            ImageManifest(
                config: configuration.descriptor,
                layers: layers.map { ContentDescriptor(mediaType: .layer, digest: $0.digest, size: $0.size) }),
            mediaType: .manifest)
        try store.store(manifest)
        return manifest.digest
    }

    @Test func layersOfOthersGoIntoOneTreeOnce() throws {
        try withTemporaryFolder { folder in
            let store = ContentStore(home: "\(folder)/home")
            let base = try layer(["etc/kept": "base", "etc/gone": "base"], in: folder, store)
            // The upper layer removes a file of the lower one.
            let upper = try layer(["etc/.wh.gone": "", "etc/new": "upper"], in: folder, store)
            let manifest = try image(
                [(base.digest, base.size), (upper.digest, upper.size)], diffIDs: [base.digest, upper.digest], in: store)
            var unpacked = 0
            for _ in 0..<2 {
                let image = try UnpackedImage(manifest, named: "test", in: store) { unpacked += 1 }
                let tree = try #require(image.layers.first?.tree)
                #expect(image.layers.count == 1)
                #expect(try Files.names(in: "\(tree)/etc") == ["kept", "new"])
            }
            #expect(unpacked == 1)
        }
    }

    @Test func layersThatABuildUnpackedAreUsedAsTheyAre() throws {
        try withTemporaryFolder { folder in
            let store = ContentStore(home: "\(folder)/home")
            let base = try layer(["etc/base": "base"], in: folder, store)
            let wheel = try layer(["opt/wheel": "wheel"], in: folder, store)
            let maker = SnapshotMaker(store: store)
            let packed = [base, wheel].map { PackedLayer(digest: $0.digest, diffID: $0.digest) }
            _ = try maker.unpackChain([packed[0]], title: "base")
            _ = try maker.unpack(packed[1], title: "wheel")
            let manifest = try image(
                [(base.digest, base.size), (wheel.digest, wheel.size)], diffIDs: [base.digest, wheel.digest], in: store)
            let image = try UnpackedImage(manifest, named: "test", in: store) { Issue.record("nothing is unpacked") }
            #expect(image.layers.map(\.id) == [base.digest, wheel.digest])
            #expect(try image.layers.map { try Files.names(in: $0.tree) } == [["etc"], ["opt"]])
        }
    }

    @Test func aLayerThatIsNotHereIsNamed() throws {
        try withTemporaryFolder { folder in
            let store = ContentStore(home: "\(folder)/home")
            let missing = Digest(of: Array("missing".utf8))
            let manifest = try image([(missing, 7)], diffIDs: [missing], in: store)
            let error = try #require(throws: SnapshotError.self) {
                try UnpackedImage(manifest, named: "lab/image:1", in: store)
            }
            #expect("\(error)".contains("\(missing)"))
            #expect(error.hint?.contains("lab/image:1") == true)
            let short = try image([(missing, 7)], diffIDs: [], in: store)
            #expect(throws: SnapshotError.self) { try UnpackedImage(short, named: "short", in: store) }
        }
    }
}
