import CInflate
import CZlib

/// Decodes one raw deflate stream after the other, and finds where the last block of each starts and ends.
///
/// Two engines give the same answers: ISA-L, which is much faster, and zlib where the machine has no ISA-L.
/// See Documentation/decisions/0012-joined-deflate-streams.md.
package final class DeflateDecoder {
    package enum Engine: Sendable, CaseIterable {
        case isal, zlib

        package var isAvailable: Bool {
            switch self {
            case .isal: fast_inflate_available()
            case .zlib: true
            }
        }

        /// The fastest one of this machine.
        package static var best: Engine { Engine.isal.isAvailable ? .isal : .zlib }
    }

    private enum State {
        case isal(OpaquePointer)
        case zlib(UnsafeMutablePointer<z_stream>)
    }

    private let state: State
    private var zlib = ZlibPosition()

    /// - Throws: when there is no memory, or the engine is not available.
    package init(_ engine: Engine = .best) throws {
        switch engine {
        case .isal:
            guard let inflate = fast_inflate_new() else { throw LayerArchiveError.Cause.unsupported("ISA-L") }
            state = .isal(inflate)
        case .zlib:
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            let code = inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            guard code == Z_OK else {
                stream.deallocate()
                throw LayerArchiveError.Cause.unsupported("zlib")
            }
            state = .zlib(stream)
        }
    }

    deinit {
        switch state {
        case .isal(let inflate): fast_inflate_free(inflate)
        case .zlib(let stream):
            inflateEnd(stream)
            stream.deallocate()
        }
    }

    /// Starts a new stream.
    package func reset() {
        switch state {
        case .isal(let inflate): fast_inflate_reset(inflate)
        case .zlib(let stream):
            inflateReset(stream)
            zlib = ZlibPosition()
        }
    }

    /// Gives the next piece of input, at most 1 GiB. It must stay where it is until `decode` has filled less than it
    /// was given.
    package func feed(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .isal(let inflate): fast_inflate_feed(inflate, bytes.baseAddress, UInt32(truncatingIfNeeded: bytes.count))
        case .zlib(let stream):
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = UInt32(truncatingIfNeeded: bytes.count)
            zlib.fed += bytes.count
        }
    }

    /// Decodes into a buffer and returns how many bytes it made. Fewer than the buffer holds: the piece of input is
    /// used up, or the stream has ended.
    package func decode(into output: UnsafeMutableRawBufferPointer) throws(LayerArchiveError.Cause) -> Int {
        switch state {
        case .isal(let inflate):
            let count = fast_inflate_run(inflate, output.baseAddress, UInt32(truncatingIfNeeded: output.count))
            guard count >= 0 else { throw .invalidCompression("not a valid deflate stream") }
            return Int(count)
        case .zlib(let stream): return try zlib.decode(stream, output)
        }
    }

    /// Whether the last block was decoded to its end.
    package var isFinished: Bool {
        switch state {
        case .isal(let inflate): fast_inflate_finished(inflate)
        case .zlib: zlib.end != nil
        }
    }

    /// The bit at which the stream ended, counted from its start. Valid when finished.
    package var endBit: Int {
        switch state {
        case .isal(let inflate): Int(clamping: fast_inflate_end_bit(inflate))
        case .zlib: zlib.end ?? 0
        }
    }

    /// The bit at which the header of the last block starts; nil while that is unknown. It is known, at the latest, when
    /// the piece of input after the one that the header starts in was decoded.
    package var lastBlockBit: Int? {
        switch state {
        case .isal(let inflate):
            let bit = fast_inflate_last_block_bit(inflate)
            return bit < 0 ? nil : Int(bit)
        case .zlib: return zlib.lastBlock
        }
    }
}

/// Follows the blocks of a stream that zlib decodes with Z_BLOCK.
private struct ZlibPosition {
    var fed = 0
    var end: Int?
    var lastBlock: Int?
    /// Where the header of the present block starts.
    private var block = 0

    mutating func decode(
        _ stream: UnsafeMutablePointer<z_stream>, _ output: UnsafeMutableRawBufferPointer
    ) throws(LayerArchiveError.Cause) -> Int {
        stream.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(truncatingIfNeeded: output.count)
        while end == nil {
            let code = inflate(stream, Z_BLOCK)
            guard code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END else {
                throw .invalidCompression(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(code)")
            }
            // The bits of data_type: 128 between two blocks, 64 in the last block or after it, the rest is the number
            // of bits of the last byte that are unused.
            let flags = Int(stream.pointee.data_type)
            if flags & 128 != 0 {
                let bit = (fed - Int(stream.pointee.avail_in)) * 8 - flags & 7
                if flags & 64 != 0 { end = bit } else { block = bit }
            }
            if flags & 64 != 0 { lastBlock = block }
            if code == Z_BUF_ERROR || stream.pointee.avail_out == 0 { break }
        }
        return output.count - Int(stream.pointee.avail_out)
    }
}
