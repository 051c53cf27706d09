import CZstd

/// The archive as it is, or compressed as a whole with Zstandard.
///
/// The thread that consumes the archive calls `add`; the writer's calls do nothing.
final class WholeStream: BlobEncoder, @unchecked Sendable {
    /// zstd's default: higher levels cost far more time than they save in transfer.
    private static let level: Int32 = 3

    private let output: BlobOutput
    private let stream: OpaquePointer?

    init(_ output: BlobOutput, compresses: Bool) throws {
        self.output = output
        stream = compresses ? ZSTD_createCCtx() : nil
        guard compresses else { return }
        guard let stream, ZSTD_isError(ZSTD_CCtx_setParameter(stream, ZSTD_c_compressionLevel, Self.level)) == 0,
            ZSTD_isError(ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1)) == 0
        else { throw LayerArchiveError.Cause.unsupported("zstd") }
    }

    deinit { ZSTD_freeCCtx(stream) }

    func add(_ bytes: UnsafeRawBufferPointer) throws {
        if stream == nil { try output.add(bytes) } else { try compress(bytes, ZSTD_e_continue) }
    }

    private func compress(_ bytes: UnsafeRawBufferPointer, _ mode: ZSTD_EndDirective) throws {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var left = 1
        while input.pos < input.size || (mode == ZSTD_e_end && left > 0) {
            let room = try output.space()
            var made = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
            left = ZSTD_compressStream2(stream, &made, &input, mode)
            guard ZSTD_isError(left) == 0 else {
                throw LayerArchiveError.Cause.unsupported("zstd: \(String(cString: ZSTD_getErrorName(left)))")
            }
            try output.commit(made.pos)
        }
    }

    var keepsDeflateStreams: Bool { false }
    var joinsDeflateStreams: Bool { false }
    func addFraming(_ bytes: UnsafeRawBufferPointer) throws {}
    func addContent(_ bytes: UnsafeRawBufferPointer) throws {}
    func beginDeflateStream() throws {}
    func endDeflateStream(_ stream: JoinedStream) throws {}

    func finish(_ tar: TarStream) throws { try TarHeaderEncoder.end.withUnsafeBytes { try tar.add($0) } }

    func close() throws {
        if stream != nil { try compress(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end) }
    }
}
