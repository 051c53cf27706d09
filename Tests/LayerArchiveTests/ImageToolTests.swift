import HostSystem
import LayerArchive
import OCIModel
import TestSupport
import Testing

/// Programs that handle images take our layers out of an OCI layout folder.
@Suite struct ImageToolTests {
    private func makeImage(_ layout: String, _ format: LayerFormat) throws {
        let blobs = "\(layout)/blobs/sha256"
        try Files.makeFolder(blobs)
        let layer = try writeLayer("\(layout)/layer", format, try DeflatedSample.all.get())
        try Files.write(try Files.read("\(layout)/layer"), to: "\(blobs)/\(layer.descriptor.digest.hex)")
        try Files.remove("\(layout)/layer")
        func add(_ text: String) throws -> String {
            let digest = Digest(of: text.utf8)
            try Files.write(text, to: "\(blobs)/\(digest.hex)")
            return #""digest":"\#(digest)","size":\#(text.utf8.count)"#
        }
        let configuration = try add(
            """
            {"architecture":"amd64","os":"linux","config":{},"history":[{"created_by":"a test"}],\
            "rootfs":{"type":"layers","diff_ids":["\(layer.diffID)"]}}
            """)
        let manifest = try add(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.manifest)",\
            "config":{"mediaType":"\(MediaType.configuration)",\(configuration)},\
            "layers":[{"mediaType":"\(layer.descriptor.mediaType)","digest":"\(layer.descriptor.digest)",\
            "size":\(layer.descriptor.size)}]}
            """)
        try Files.write(
            """
            {"schemaVersion":2,"manifests":[{"mediaType":"\(MediaType.manifest)",\(manifest),\
            "annotations":{"org.opencontainers.image.ref.name":"test"}}]}
            """, to: "\(layout)/index.json")
        try Files.write(#"{"imageLayoutVersion":"1.0.0"}"#, to: "\(layout)/oci-layout")
    }

    @Test(arguments: [LayerFormat.gzip, .estargz]) func umociUnpacksOurLayers(format: LayerFormat) throws {
        try withTemporaryFolder { folder in
            try makeImage("\(folder)/image", format)
            try Judge.output("umoci", "raw", "unpack", "--image", "\(folder)/image:test", "\(folder)/root")
            for sample in try DeflatedSample.all.get() {
                #expect(try Files.read("\(folder)/root/opt/joined/\(sample.name)") == sample.content, "\(sample.name)")
            }
        }
    }

    /// skopeo decompresses the layers for this destination, so it reads every byte.
    @Test(arguments: [LayerFormat.gzip, .estargz, .zstd]) func skopeoDecompressesOurLayers(format: LayerFormat) throws {
        try withTemporaryFolder { folder in
            try makeImage("\(folder)/image", format)
            try Judge.output(
                "skopeo", "copy", "--insecure-policy", "--dest-decompress", "oci:\(folder)/image:test",
                "dir:\(folder)/plain")
            let manifest = try JSONValue(parsing: Files.read("\(folder)/plain/manifest.json"))
            let digest = try Digest(try #require(manifest["layers"][0]["digest"].string))
            let plain = try Files.read("\(folder)/plain/\(digest.hex)")
            let hashing = HashingSource(MemorySource(plain))
            try LayerUnpacker(into: folder).unpack(hashing)
            let sample = try #require(try DeflatedSample.all.get().last)
            #expect(try Files.read("\(folder)/opt/joined/\(sample.name)") == sample.content)
        }
    }
}
