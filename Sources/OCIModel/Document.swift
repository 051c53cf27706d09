import FoundationEssentials

/// A JSON document with the bytes that its digest is about. The bytes are what is stored and sent; they are never made
/// anew from the value.
package struct Document<Value: Codable & Sendable>: Sendable {
    package let value: Value
    package let bytes: [UInt8]
    package let digest: Digest
    package let mediaType: MediaType

    package var descriptor: ContentDescriptor {
        ContentDescriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }

    /// The document for a value. Keys are sorted and nothing is left to the moment, so equal values have equal digests.
    package init(_ value: Value, mediaType: MediaType) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        bytes = Array(try encoder.encode(value))
        self.value = value
        self.mediaType = mediaType
        digest = Digest(of: bytes)
    }

    /// The document in some bytes from outside.
    ///
    /// - Throws: `OCIModelError` that names the place of the first thing that is wrong.
    package init(parsing bytes: [UInt8], mediaType: MediaType) throws(OCIModelError) {
        guard bytes.count <= DocumentLimits.size else {
            throw OCIModelError(
                "a \(mediaType)", "\(bytes.count) bytes", "more than \(DocumentLimits.size) are not read")
        }
        do {
            value = try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch let error as OCIModelError {
            throw error
        } catch {
            throw OCIModelError(
                "a document of type \(mediaType)", String(decoding: bytes.prefix(60), as: UTF8.self),
                DocumentLimits.reason(error))
        }
        self.bytes = bytes
        self.mediaType = mediaType
        digest = Digest(of: bytes)
    }
}

enum DocumentLimits {
    /// Registries accept manifests up to 4 MiB; configurations of real images are far smaller.
    static let size = 8 << 20

    /// Where in the document decoding stopped, and why.
    static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .keyNotFound(let key, let context): return "\(place(context)) has no \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            if let cause = context.underlyingError as? OCIModelError { return "\(cause)" }
            return "\(place(context)): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.isEmpty
            ? "the document"
            : context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}
