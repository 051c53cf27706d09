import HTTPTransfer
import HostSystem
import OCIModel
import TestSupport

@testable import OCIRegistry

/// An image in memory. Its layers are tars that hold one file each, so that real programs can unpack them.
struct SampleImage: Sendable {
    let manifest: ManifestDocument
    let content: [Digest: [UInt8]]

    init(_ seed: UInt64, layers sizes: [Int] = [70_000, 500, 3_000_000], platform: Platform = .host) throws {
        var generator = SeededGenerator(seed)
        var content: [Digest: [UInt8]] = [:]
        var layers: [ContentDescriptor] = []
        for (index, size) in sizes.enumerated() {
            var words = (0..<(size / 8)).map { _ in generator.next() }
            let payload = words.withUnsafeMutableBytes { Array($0) }
            let bytes = Self.tar("file\(index)", payload)
            layers.append(ContentDescriptor(mediaType: .layer, digest: Digest(of: bytes), size: Int64(bytes.count)))
            content[Digest(of: bytes)] = bytes
        }
        let configuration = ImageConfiguration(
            platform: platform, config: ImageConfiguration.Execution(), diffIDs: layers.map(\.digest), history: nil)
        let config = try Document(configuration, mediaType: .configuration)
        content[config.digest] = config.bytes
        let manifest = ImageManifest(config: config.descriptor, layers: layers)
        self.manifest = .image(try Document(manifest, mediaType: .manifest))
        self.content = content
    }

    var blobs: [ContentDescriptor] { manifest.blobs }

    var size: Int64 { blobs.reduce(0) { $0 + $1.size } }

    private static func tar(_ name: String, _ payload: [UInt8]) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        let octal = String(payload.count, radix: 8)
        put(name, at: 0)
        put("0000644\0" + "0000000\0" + "0000000\0", at: 100)
        put(String(repeating: "0", count: 11 - octal.count) + octal, at: 124)
        put("00000000000", at: 136)
        put("        0", at: 148)
        put("ustar\0" + "00", at: 257)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
        return header + payload + [UInt8](repeating: 0, count: (512 - payload.count % 512) % 512 + 1024)
    }

    /// Puts the image somewhere as a source would.
    func put(_ destination: any ImageDestination, tags: [Tag]) throws {
        for blob in blobs { try destination.putBlob(blob, from: BlobContent(content[blob.digest] ?? [])) }
        try destination.putManifest(manifest, tags: tags)
    }

    /// Whether a place has all of it, byte for byte.
    func isWhole(in source: any ImageSource, _ selector: ImageSelector) throws -> Bool {
        let found = try source.manifest(selector)
        guard found.bytes == manifest.bytes else { return false }
        return try blobs.allSatisfy { blob in
            try source.openBlob(blob, from: 0).readAll(limit: 64 << 20) == content[blob.digest]
        }
    }
}

/// A session without anyone's credentials that does not wait long.
func testSession(
    environment: [String: String] = ["HOME": "/nonexistent"], certificates: [String] = [],
    _ change: (inout RegistrySession.Settings) -> Void = { _ in }
) -> RegistrySession {
    var settings = RegistrySession.Settings()
    settings.retries.firstDelay = 0.02
    change(&settings)
    return RegistrySession(
        credentials: CredentialStore(environment: environment), certificates: CertificateFolders(certificates),
        settings: settings)
}

func tag(_ text: String) throws -> Tag { try Tag(text) }
