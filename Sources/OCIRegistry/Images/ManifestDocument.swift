import FoundationEssentials
import OCIModel

/// What a tag or a digest of a repository stands for: one image, or one for each of several platforms.
package enum ManifestDocument: Sendable {
    case image(Document<ImageManifest>)
    case index(Document<ImageIndex>)

    /// Registries accept no larger ones.
    package static let sizeLimit = 4 << 20

    /// - Parameter mediaType: what the sender says; the document's own word counts more.
    package init(parsing bytes: [UInt8], mediaType said: MediaType?) throws(OCIModelError) {
        let kind = "a manifest"
        guard bytes.count <= Self.sizeLimit else {
            throw OCIModelError(kind, "\(bytes.count) bytes", "more than \(Self.sizeLimit) are not read")
        }
        let shape: Shape
        do { shape = try JSONDecoder().decode(Shape.self, from: Data(bytes)) } catch {
            throw OCIModelError(kind, String(decoding: bytes.prefix(60), as: UTF8.self), "it is not a JSON object")
        }
        let mediaType = shape.mediaType ?? said
        if shape.schemaVersion == 1 {
            throw OCIModelError(
                kind, "schema version 1", "this form from before 2016 is not read; push the image again")
        }
        if mediaType?.isIndex ?? shape.hasManifests {
            self = .index(try Document(parsing: bytes, mediaType: mediaType ?? .index))
        } else if mediaType?.isManifest ?? true {
            self = .image(try Document(parsing: bytes, mediaType: mediaType ?? .manifest))
        } else if shape.hasManifests {
            self = .index(try Document(parsing: bytes, mediaType: .index))
        } else {
            self = .image(try Document(parsing: bytes, mediaType: .manifest))
        }
    }

    private struct Shape: Decodable {
        let schemaVersion: Int?
        let mediaType: MediaType?
        let hasManifests: Bool

        enum CodingKeys: String, CodingKey { case schemaVersion, mediaType, manifests }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            schemaVersion = try? container.decode(Int.self, forKey: .schemaVersion)
            mediaType = try? container.decode(MediaType.self, forKey: .mediaType)
            hasManifests = container.contains(.manifests)
        }
    }

    package var bytes: [UInt8] {
        switch self {
        case .image(let document): document.bytes
        case .index(let document): document.bytes
        }
    }

    package var descriptor: ContentDescriptor {
        switch self {
        case .image(let document): document.descriptor
        case .index(let document): document.descriptor
        }
    }

    package var digest: Digest { descriptor.digest }
    package var mediaType: MediaType { descriptor.mediaType }

    /// The configuration and the layers of an image; each once.
    package var blobs: [ContentDescriptor] {
        guard case .image(let document) = self else { return [] }
        var seen = Set<Digest>()
        return ([document.value.config] + document.value.layers).filter { seen.insert($0.digest).inserted }
    }
}
