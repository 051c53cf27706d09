/// One gzip member whose deflate data is joined from the streams of the files and from blocks for everything between
/// them.
///
/// A deflate stream can be followed by more blocks once three things are done to it: the mark of its last block is
/// cleared, the blocks that follow start at the bit where it ends, and whatever follows as bytes starts at a byte. The
/// checksum of the whole is computed from the checksums of the parts.
final class JoinedGzip: BlobEncoder {
    private let output: BlobOutput
    private var encoder = RunEncoder()
    private var checksum = Checksum()
    private var size = 0

    init(_ output: BlobOutput) throws {
        self.output = output
        try output.add(GzipFormat.header)
    }

    var keepsDeflateStreams: Bool { true }
    var joinsDeflateStreams: Bool { true }

    func addFraming(_ bytes: UnsafeRawBufferPointer) throws { try addContent(bytes) }

    func addContent(_ bytes: UnsafeRawBufferPointer) throws {
        checksum.update(bytes)
        size += bytes.count
        try encoder.add(bytes, to: output)
    }

    func beginDeflateStream() throws {
        try encoder.flush(to: output)
        try encoder.align(output)
    }

    func endDeflateStream(_ stream: JoinedStream) throws {
        checksum.append(stream.checksum, count: stream.size)
        size += stream.size
        if stream.endBit & 7 != 0, let last = output.removeLast() { encoder.resume(last, bits: stream.endBit & 7) }
    }

    func finish(_ tar: TarStream) throws {
        try TarHeaderEncoder.end.withUnsafeBytes {
            try tar.add($0)
            try addFraming($0)
        }
        try encoder.finish(output)
        try output.add(GzipFormat.trailer(checksum, size: size))
    }
}

/// RFC 1952.
enum GzipFormat {
    static let magic: [UInt8] = [0x1f, 0x8b]

    /// Deflate, no name, no time, no particular system.
    static let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]

    static func trailer(_ checksum: Checksum, size: Int) -> [UInt8] {
        littleEndian(checksum.value) + littleEndian(UInt32(truncatingIfNeeded: size))
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
