/// Decompresses gzip data of any number of members (RFC 1952), verifying the checksum and size of each.
package final class GzipSource: ByteSource {
    private static let bufferSize = 1 << 16
    /// Flags of the header.
    private static let headerChecksum: UInt8 = 2
    private static let extraField: UInt8 = 4
    private static let name: UInt8 = 8
    private static let comment: UInt8 = 16

    private enum State { case header, data, end }

    private let source: any ByteSource
    private let decoder: DeflateDecoder
    private let buffer: UnsafeMutableRawBufferPointer
    /// The part of the buffer that has not been used up.
    private var pending = 0..<0
    /// Bytes of the present stream that the decoder was given.
    private var fed = 0
    private var isFed = false
    private var state = State.header
    private var members = 0
    private var checksum = Checksum()
    private var size = 0

    package init(_ source: any ByteSource, engine: DeflateDecoder.Engine = .best) throws {
        self.source = source
        decoder = try DeflateDecoder(engine)
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 64)
    }

    deinit { buffer.deallocate() }

    package func read(into output: UnsafeMutableRawBufferPointer) throws -> Int {
        guard !output.isEmpty else { return 0 }
        let room = UnsafeMutableRawBufferPointer(rebasing: output.prefix(1 << 30))
        while true {
            switch state {
            case .end: return 0
            case .header:
                guard try readHeader() else {
                    state = .end
                    return 0
                }
                members += 1
                decoder.reset()
                checksum = Checksum()
                size = 0
                fed = 0
                isFed = false
                state = .data
            case .data:
                let count = try decode(room)
                checksum.update(UnsafeRawBufferPointer(rebasing: room[..<count]))
                size &+= count
                if decoder.isFinished {
                    try readTrailer()
                    state = .header
                }
                if count > 0 { return count }
            }
        }
    }

    private func decode(_ room: UnsafeMutableRawBufferPointer) throws -> Int {
        if !isFed {
            if pending.isEmpty, try !refill() { throw LayerArchiveError.Cause.truncated }
            decoder.feed(UnsafeRawBufferPointer(rebasing: buffer[pending]))
            fed += pending.count
            isFed = true
        }
        let count = try decoder.decode(into: room)
        if decoder.isFinished {
            let unused = fed - (decoder.endBit + 7) / 8
            guard unused >= 0, unused <= pending.count else {
                throw LayerArchiveError.Cause.invalidCompression("the stream ends where it was not read")
            }
            pending = pending.upperBound - unused..<pending.upperBound
        } else if count < room.count {
            pending = 0..<0
            isFed = false
        }
        return count
    }

    /// False at the end of the data, which is right only between two members.
    private func readHeader() throws -> Bool {
        guard let first = try nextByte() else {
            if members == 0 { throw LayerArchiveError.Cause.truncated }
            return false
        }
        guard first == GzipFormat.magic[0], try byte() == GzipFormat.magic[1] else {
            throw LayerArchiveError.Cause.invalidCompression(
                members == 0 ? "it is not gzip data" : "something else follows a gzip member")
        }
        guard try byte() == 8 else { throw LayerArchiveError.Cause.unsupported("this gzip method") }
        let flags = try byte()
        guard flags & 0xe0 == 0 else { throw LayerArchiveError.Cause.unsupported("a reserved gzip flag") }
        for _ in 0..<6 { _ = try byte() }
        if flags & Self.extraField != 0 {
            let count = Int(try byte()) | Int(try byte()) << 8
            for _ in 0..<count { _ = try byte() }
        }
        if flags & Self.name != 0 { while try byte() != 0 {} }
        if flags & Self.comment != 0 { while try byte() != 0 {} }
        if flags & Self.headerChecksum != 0 { for _ in 0..<2 { _ = try byte() } }
        return true
    }

    private func readTrailer() throws {
        let declared = try word()
        guard declared == checksum.value else {
            throw LayerArchiveError.Cause.wrongChecksum(declared: declared, actual: checksum.value)
        }
        let declaredSize = try word()
        guard declaredSize == UInt32(truncatingIfNeeded: size) else {
            throw LayerArchiveError.Cause.wrongSize(declared: Int(declaredSize), actual: size)
        }
    }

    private func word() throws -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<4 { value |= UInt32(try byte()) << UInt32(8 * index) }
        return value
    }

    private func byte() throws -> UInt8 {
        guard let byte = try nextByte() else { throw LayerArchiveError.Cause.truncated }
        return byte
    }

    private func nextByte() throws -> UInt8? {
        if pending.isEmpty, try !refill() { return nil }
        let byte = buffer[pending.lowerBound]
        pending = pending.lowerBound + 1..<pending.upperBound
        return byte
    }

    private func refill() throws -> Bool {
        pending = 0..<(try source.read(into: buffer))
        return !pending.isEmpty
    }
}
