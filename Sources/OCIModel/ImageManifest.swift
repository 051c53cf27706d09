/// Configuration and layers of one image (OCI image specification, manifest.md). Docker's schema 2 has the same form.
package struct ImageManifest: Sendable, Hashable, Codable {
    package var schemaVersion = 2
    package var mediaType: MediaType?
    package var artifactType: String?
    package var config: ContentDescriptor
    /// From the base upwards.
    package var layers: [ContentDescriptor]
    package var subject: ContentDescriptor?
    package var annotations: [String: String]?

    package init(config: ContentDescriptor, layers: [ContentDescriptor], annotations: [String: String]? = nil) {
        mediaType = .manifest
        self.config = config
        self.layers = layers
        self.annotations = annotations
    }
}

/// The manifests of one image for several platforms (OCI image specification, image-index.md).
package struct ImageIndex: Sendable, Hashable, Codable {
    package var schemaVersion = 2
    package var mediaType: MediaType?
    package var artifactType: String?
    package var manifests: [ContentDescriptor]
    package var subject: ContentDescriptor?
    package var annotations: [String: String]?

    package init(manifests: [ContentDescriptor], annotations: [String: String]? = nil) {
        mediaType = .index
        self.manifests = manifests
        self.annotations = annotations
    }

    /// The manifest for a platform: the first that runs there.
    package func manifest(for platform: Platform) -> ContentDescriptor? {
        manifests.first { $0.mediaType.isManifest && ($0.platform?.runs(on: platform) ?? false) }
            ?? (manifests.count == 1 && manifests[0].platform == nil ? manifests[0] : nil)
    }
}
