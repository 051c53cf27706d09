/// Points at content by its digest (OCI image specification, descriptor.md).
package struct ContentDescriptor: Sendable, Hashable, Codable {
    package var mediaType: MediaType
    package var digest: Digest
    /// Bytes.
    package var size: Int64
    package var annotations: [String: String]?
    /// Of the manifests in an index.
    package var platform: Platform?
    package var artifactType: String?
    /// Other places of the content; kept, never followed.
    package var urls: [String]?

    package init(
        mediaType: MediaType, digest: Digest, size: Int64, annotations: [String: String]? = nil,
        platform: Platform? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.annotations = annotations
        self.platform = platform
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mediaType = try container.decode(MediaType.self, forKey: .mediaType)
        digest = try container.decode(Digest.self, forKey: .digest)
        size = try container.decode(Int64.self, forKey: .size)
        guard size >= 0 else { throw OCIModelError("a size", "\(size)", "it is below zero") }
        annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations)
        platform = try container.decodeIfPresent(Platform.self, forKey: .platform)
        artifactType = try container.decodeIfPresent(String.self, forKey: .artifactType)
        urls = try container.decodeIfPresent([String].self, forKey: .urls)
    }
}

/// The machine that an image is for.
package struct Platform: Sendable, Hashable, Codable, CustomStringConvertible {
    package var os: String
    package var architecture: String
    package var variant: String?

    package init(os: String = "linux", architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    /// `OS/ARCHITECTURE` or `OS/ARCHITECTURE/VARIANT`.
    package init(_ text: String) throws(OCIModelError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isName = { (part: String) in
            !part.isEmpty && part.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) }
        }
        guard (2...3).contains(parts.count), parts.allSatisfy(isName) else {
            throw OCIModelError("a platform", text, "write an operating system and an architecture: linux/arm64")
        }
        self.init(os: parts[0], architecture: parts[1], variant: parts.count == 3 ? parts[2] : nil)
    }

    /// This machine's, in the words of the Go language that the specification uses.
    #if arch(arm64)
        package static let host = Platform(architecture: "arm64")
    #else
        package static let host = Platform(architecture: "amd64")
    #endif

    package var description: String { "\(os)/\(architecture)" + (variant.map { "/\($0)" } ?? "") }

    /// Whether an image for `self` runs on `other`. A variant that only one of them names is no difference.
    package func runs(on other: Platform) -> Bool {
        os == other.os && architecture == other.architecture
            && (variant == nil || other.variant == nil || variant == other.variant)
    }
}
