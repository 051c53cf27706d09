/// The tar archive within a layer's blob, whatever it is compressed with.
package enum LayerSource {
    /// Looks at the first bytes to find the compression.
    package static func open(_ blob: any ByteSource, engine: DeflateDecoder.Engine = .best) throws -> any ByteSource {
        let source = try PeekedSource(blob, count: 4)
        let start = source.start
        if start.starts(with: GzipFormat.magic) { return try GzipSource(source, engine: engine) }
        if start == [0x28, 0xb5, 0x2f, 0xfd]
            || (start.count == 4 && start[0] & 0xf0 == 0x50 && start[1...] == [0x2a, 0x4d, 0x18])
        {
            return try ZstdSource(source)
        }
        return source
    }
}

/// A source whose first bytes were looked at.
private final class PeekedSource: ByteSource {
    let start: [UInt8]
    private let source: any ByteSource
    private var given = 0

    init(_ source: any ByteSource, count: Int) throws {
        self.source = source
        var bytes = [UInt8](repeating: 0, count: count)
        let filled = try bytes.withUnsafeMutableBytes { try source.fill($0) }
        start = Array(bytes[..<filled])
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let rest = start[given...].prefix(buffer.count)
        if rest.isEmpty { return try source.read(into: buffer) }
        buffer.copyBytes(from: rest)
        given += rest.count
        return rest.count
    }
}
