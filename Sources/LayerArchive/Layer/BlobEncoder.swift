/// Makes the blob of one format from what the writer says, in order.
protocol BlobEncoder: AnyObject {
    /// Whether deflate streams go into the blob as they are. Where not, their content comes through `addContent`.
    var keepsDeflateStreams: Bool { get }
    /// Whether more blocks follow a stream, so that its last block must not be marked as the last.
    var joinsDeflateStreams: Bool { get }

    /// Tar headers, and the zeros that fill up a file's last block.
    func addFraming(_ bytes: UnsafeRawBufferPointer) throws

    /// The content of the entry follows. Not called for entries without content.
    func beginFile(_ entry: TarEntry) throws
    func addContent(_ bytes: UnsafeRawBufferPointer) throws

    /// A deflate stream follows in the blob output, at a byte's start.
    func beginDeflateStream() throws
    func endDeflateStream(_ stream: JoinedStream) throws

    func endFile() throws

    /// Sees the content of the file that was begun, for what the format says of it.
    ///
    /// - Parameter isWhole: the content is in the blob in one piece.
    func observer(isWhole: Bool) -> (any ContentObserver)?

    /// An entry without content: a folder, a link, an empty file.
    func addEmpty(_ entry: TarEntry) throws

    /// After the last entry, which the writer has not marked with the end of the archive.
    func finish(_ tar: TarStream) throws
    /// After the archive has gone through to its end.
    func close() throws
    /// Valid when closed.
    var annotations: [String: String] { get }
}

extension BlobEncoder {
    var annotations: [String: String] { [:] }
    func beginFile(_ entry: TarEntry) throws {}
    func endFile() throws {}
    func observer(isWhole: Bool) -> (any ContentObserver)? { nil }
    func close() throws {}
    func addEmpty(_ entry: TarEntry) throws {}
}

/// What the writer learned of a deflate stream while it went through.
struct JoinedStream {
    /// Where the stream starts in the blob.
    let start: Int
    /// The bit, counted from there, at which it ended.
    let endBit: Int
    let checksum: Checksum
    /// Bytes that came out.
    let size: Int
}
