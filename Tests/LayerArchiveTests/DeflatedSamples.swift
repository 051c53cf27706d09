import CZlib
import HostSystem
import LayerArchive
import TestSupport

/// Raw deflate streams of many kinds, made by zlib.
struct DeflatedSample {
    let name: String
    let content: [UInt8]
    let deflated: [UInt8]

    var range: DeflatedContent {
        DeflatedContent(
            data: DataRange(deflated), size: content.count,
            crc32: content.withUnsafeBytes { Checksum(of: $0) }.value)
    }

    /// - Parameters:
    ///   - flushEvery: ends a block after so many bytes of content, on a byte, with an empty stored block.
    init(
        _ name: String, _ content: [UInt8], level: Int32 = 6, strategy: Int32 = Z_DEFAULT_STRATEGY,
        memoryLevel: Int32 = 8, flushEvery: Int? = nil, flush: Int32 = Z_SYNC_FLUSH
    ) throws {
        self.name = name
        self.content = content
        var stream = z_stream()
        let code = deflateInit2_(
            &stream, level, Z_DEFLATED, -MAX_WBITS, memoryLevel, strategy, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw SystemError("deflate", name, code: code) }
        defer { deflateEnd(&stream) }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        var rest = content[...]
        repeat {
            var piece = Array(rest.prefix(flushEvery ?? rest.count))
            rest = rest.dropFirst(piece.count)
            let ends = rest.isEmpty
            piece.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                repeat {
                    buffer.withUnsafeMutableBufferPointer { space in
                        stream.next_out = space.baseAddress
                        stream.avail_out = UInt32(space.count)
                        deflate(&stream, ends ? Z_FINISH : flush)
                        output += space[..<(space.count - Int(stream.avail_out))]
                    }
                } while stream.avail_out == 0
            }
        } while !rest.isEmpty
        deflated = output
    }

    /// Text-like and noise-like content of one size.
    static func content(_ size: Int, _ random: inout SeededGenerator, noise: Double = 0.2) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + 64)
        let words = (0..<200).map { _ in
            (0..<Int.random(in: 2...12, using: &random)).map { _ in UInt8.random(in: 97...122, using: &random) }
        }
        while bytes.count < size {
            if Double.random(in: 0..<1, using: &random) < noise {
                for _ in 0..<16 { bytes.append(UInt8.random(in: 0...255, using: &random)) }
            } else {
                bytes += words[Int.random(in: 0..<words.count, using: &random)]
                bytes.append(0x20)
            }
        }
        return Array(bytes.prefix(size))
    }

    /// The same for all tests: making them takes longer than most of the tests.
    static let all = Result { try made(seed: 1) }

    private static func made(seed: UInt64) throws -> [DeflatedSample] {
        var random = SeededGenerator(seed)
        var samples: [DeflatedSample] = []
        for size in [1, 2, 511, 512, 513, 5000, 40_000, 150_000] {
            let content = content(size, &random)
            for level in [Int32(0), 1, 6, 9] {
                samples.append(try DeflatedSample("level\(level)-\(size)", content, level: level))
            }
            for (name, strategy) in [("fixed", Z_FIXED), ("huffman", Z_HUFFMAN_ONLY), ("runs", Z_RLE)] {
                samples.append(try DeflatedSample("\(name)-\(size)", content, strategy: strategy))
            }
            // Small blocks: many places where the last one may start.
            samples.append(try DeflatedSample("small-\(size)", content, memoryLevel: 1))
            samples.append(try DeflatedSample("smallfixed-\(size)", content, strategy: Z_FIXED, memoryLevel: 1))
            let every = Int.random(in: 1...max(1, size / 3), using: &random)
            samples.append(try DeflatedSample("sync-\(size)", content, flushEvery: max(every, 50)))
            samples.append(
                try DeflatedSample(
                    "partial-\(size)", content, strategy: Z_FIXED, flushEvery: max(every, 50), flush: Z_PARTIAL_FLUSH))
            samples.append(try DeflatedSample("block-\(size)", content, flushEvery: max(every, 50), flush: Z_BLOCK))
        }
        samples.append(try DeflatedSample("empty", []))
        samples.append(try DeflatedSample("zeros", [UInt8](repeating: 0, count: 2_000_000)))
        samples.append(
            try DeflatedSample("noise", (0..<200_000).map { _ in UInt8.random(in: 0...255, using: &random) }))
        return samples
    }
}
