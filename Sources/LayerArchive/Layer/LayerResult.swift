import OCIModel

/// How a layer is compressed.
package enum LayerFormat: Sendable, Hashable, CaseIterable {
    /// One gzip member, made by joining the deflate streams of the files. Every reader knows it.
    case gzip
    /// A gzip member for each file, and a table of contents, so that a node can fetch single files.
    case estargz
    /// Zstandard: the content is compressed anew. The bytes depend on the version of libzstd.
    case zstd
    /// No compression at all.
    case tar

    package var mediaType: MediaType {
        switch self {
        case .gzip, .estargz: .layerGzip
        case .zstd: .layerZstd
        case .tar: .layer
        }
    }

    /// The annotations that a descriptor of the format has; each is a digest.
    package var annotationNames: [String] { self == .estargz ? [Estargz.digestAnnotation] : [] }
}

/// A layer that was made.
package struct LayerResult: Sendable, Hashable {
    /// For the manifest: media type, digest and size of the blob, and the annotations that its format asks for.
    package let descriptor: ContentDescriptor
    /// For the configuration: the digest of the tar archive within.
    package let diffID: Digest
    /// Bytes of that archive.
    package let uncompressedSize: Int64

    package init(descriptor: ContentDescriptor, diffID: Digest, uncompressedSize: Int64) {
        self.descriptor = descriptor
        self.diffID = diffID
        self.uncompressedSize = uncompressedSize
    }
}

/// The content of a file as a raw deflate stream that is already there: a member of a wheel.
package struct DeflatedContent: Sendable {
    package let data: DataRange
    /// Bytes that come out.
    package let size: Int
    /// Of what comes out.
    package let crc32: UInt32

    package init(data: DataRange, size: Int, crc32: UInt32) {
        self.data = data
        self.size = size
        self.crc32 = crc32
    }
}

/// How the bytes of a layer follow from what is added to it.
package enum LayerLayout {
    /// Part of the key under which a layer that was made once is found again. It is raised by every change of the
    /// writer, or of its encoder, after which the same calls give other bytes.
    package static let version = 1
}
