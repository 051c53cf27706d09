import CZstd

/// Decompresses Zstandard frames (RFC 8878). Frames that need a window over 128 MiB are refused.
package final class ZstdSource: ByteSource {
    private static let bufferSize = 1 << 17

    private let source: any ByteSource
    private let stream: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer
    private var input = ZSTD_inBuffer()
    /// Zero between two frames.
    private var expected = 0
    private var hasFrame = false
    /// The last buffer was filled to its end, so the decoder may hold more that needs no further input.
    private var mayHoldOutput = false

    package init(_ source: any ByteSource) throws {
        guard let stream = ZSTD_createDStream() else { throw LayerArchiveError.Cause.unsupported("zstd") }
        self.source = source
        self.stream = stream
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 64)
    }

    deinit {
        ZSTD_freeDStream(stream)
        buffer.deallocate()
    }

    package func read(into output: UnsafeMutableRawBufferPointer) throws -> Int {
        guard !output.isEmpty else { return 0 }
        var made = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        while made.pos == 0 {
            if input.pos == input.size, !mayHoldOutput {
                let count = try source.read(into: buffer)
                if count == 0 {
                    if expected != 0 || !hasFrame { throw LayerArchiveError.Cause.truncated }
                    return 0
                }
                input = ZSTD_inBuffer(src: buffer.baseAddress, size: count, pos: 0)
                hasFrame = true
            }
            expected = ZSTD_decompressStream(stream, &made, &input)
            guard ZSTD_isError(expected) == 0 else {
                throw LayerArchiveError.Cause.invalidCompression(String(cString: ZSTD_getErrorName(expected)))
            }
            mayHoldOutput = made.pos == made.size
        }
        return made.pos
    }
}
