/// What the bytes behind a descriptor are. Any text is kept; the ones that Bunsen understands have names here.
package struct MediaType: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package var description: String { rawValue }

    package static let manifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
    package static let index = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
    package static let configuration = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
    package static let layer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
    package static let layerGzip = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
    package static let layerZstd = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")

    package static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    package static let dockerIndex = MediaType(rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    package static let dockerConfiguration = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")
    package static let dockerLayerGzip = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")
    package static let dockerLayer = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar")

    package var isManifest: Bool { self == .manifest || self == .dockerManifest }
    package var isIndex: Bool { self == .index || self == .dockerIndex }

    package enum Compression: Sendable, Hashable { case none, gzip, zstd }

    /// How a layer is compressed; nil for what is not a layer that can be unpacked.
    package var layerCompression: Compression? {
        switch self {
        case .layer, .dockerLayer: Compression.none
        case .layerGzip, .dockerLayerGzip: Compression.gzip
        case .layerZstd: Compression.zstd
        default: nil
        }
    }
}

extension MediaType {
    /// A layer that must not be pushed to a public registry and lies elsewhere (Windows base layers).
    package var isForeign: Bool { rawValue.contains(".foreign.") || rawValue.contains(".nondistributable.") }
}
