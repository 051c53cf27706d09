import HTTPTransfer
import OCIModel

/// A repository that images can be written to.
///
/// Blobs come first, then the manifests that name them. All calls wait, and any number of threads may make them.
package protocol ImageDestination: Sendable {
    /// For messages.
    var name: String { get }

    func hasBlob(_ descriptor: ContentDescriptor) throws -> Bool

    /// Takes a blob over from another repository of the same registry without moving its bytes.
    ///
    /// - Returns: false where that cannot be done; then the blob has to be put.
    func mountBlob(_ descriptor: ContentDescriptor, from repository: Repository) throws -> Bool

    /// Stores a blob, or continues where an earlier attempt stopped. It is there only when it is whole and its digest
    /// is right.
    func putBlob(_ descriptor: ContentDescriptor, from content: BlobContent) throws

    /// Stores a manifest, and gives it names. Names that others had move.
    func putManifest(_ manifest: ManifestDocument, tags: [Tag]) throws

    /// Takes a name away, or a manifest with all its names. Blobs stay until the place collects its garbage.
    func delete(_ selector: ImageSelector) throws

    /// Ends writing, for places that are made as a whole, such as archives: before, nothing is there.
    func finish() throws
}

extension ImageDestination {
    package func mountBlob(_ descriptor: ContentDescriptor, from repository: Repository) throws -> Bool { false }
    package func finish() throws {}
}

/// Where the bytes of a blob come from.
package struct BlobContent: Sendable {
    /// A reader from a byte on. May be called again, for another attempt.
    package let open: @Sendable (_ offset: Int64) throws -> any ByteReader
    package var cancellation: Cancellation?
    /// Told how many bytes of the blob are at their destination. May go back.
    package var onProgress: @Sendable (Int64) -> Void = { _ in }

    package init(_ open: @escaping @Sendable (Int64) throws -> any ByteReader) { self.open = open }

    package init(_ bytes: [UInt8]) {
        open = { offset in ArrayReader(Array(bytes.dropFirst(Int(clamping: offset)))) }
    }

    package init(file path: String) {
        open = { offset in try FileReader(path, from: offset) }
    }
}
