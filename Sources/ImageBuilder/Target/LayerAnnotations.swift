import ContentStore
import LayerArchive
import OCIModel

/// What a manifest says of a layer beside its digest, so that another machine can use the layer without having its
/// bytes: what it was made from, and what the configuration has to say of it.
///
/// Written always, because a manifest has one digest wherever it was made. What is read from somebody else's manifest is
/// a claim: see Documentation/decisions/0019-layers-that-the-registry-has.md.
enum LayerAnnotations {
    static let title = "org.opencontainers.image.title"
    /// The digest of the layer's key.
    static let key = "bunsen.layer.key"
    /// The digest of the uncompressed tar.
    static let diffID = "bunsen.layer.diff-id"
    /// Bytes of the uncompressed tar.
    static let unpackedSize = "bunsen.layer.unpacked-size"

    /// The descriptor of a layer as it stands in a manifest.
    static func descriptor(of layer: BuiltImage.Layer) -> ContentDescriptor {
        var descriptor = layer.record.descriptor
        var annotations = descriptor.annotations ?? [:]
        annotations[title] = layer.title
        if let layerKey = layer.key {
            annotations[key] = layerKey.digest.description
            annotations[diffID] = layer.record.diffID.description
            annotations[unpackedSize] = "\(layer.record.unpackedSize)"
        }
        descriptor.annotations = annotations
        return descriptor
    }

    /// The key that a manifest claims for a layer; nil for none.
    static func claimedKey(_ descriptor: ContentDescriptor) -> Digest? {
        descriptor.annotations?[key].flatMap { try? Digest($0) }
    }

    /// What a manifest claims of a layer; nil where that cannot be a layer of the format.
    static func claimedRecord(_ descriptor: ContentDescriptor, format: LayerFormat) -> LayerRecord? {
        let said = descriptor.annotations ?? [:]
        guard descriptor.mediaType == format.mediaType, descriptor.size > 0,
            let diffID = said[diffID].flatMap({ try? Digest($0) }),
            let text = said[unpackedSize], let unpacked = Int64(text), unpacked > 0, "\(unpacked)" == text
        else { return nil }
        // Only what the format itself asks for; the rest this build writes anew.
        var kept: [String: String] = [:]
        for name in format.annotationNames {
            guard let value = said[name], (try? Digest(value)) != nil else { return nil }
            kept[name] = value
        }
        return LayerRecord(
            descriptor: ContentDescriptor(
                mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size,
                annotations: kept.isEmpty ? nil : kept),
            diffID: diffID, unpackedSize: unpacked)
    }
}
