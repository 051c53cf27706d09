extension LayerWriter {
    /// As far as the header of a block may reach before the place that the decoder has come to: 286 + 30 lengths of up to
    /// 14 bits fit well.
    private static let longestBlockHeader = 1024
    /// The last block's place is searched within one piece, so pieces are small until it is found.
    private static let searchedPiece = 1 << 15
    private static let largePiece = 1 << 18

    /// Passes a deflate stream on to the blob, and what comes out of it to the archive.
    func joinStream(_ content: DeflatedContent, _ observer: (any ContentObserver)?) throws {
        try encoder.beginDeflateStream()
        let start = output.count
        var isSearching = encoder.joinsDeflateStreams
        output.hold(from: start)
        defer { output.holdNothing() }
        let checksum = try decode(content, observer, encodes: false) { position, left in
            let room = try output.space()
            let count = min(room.count, left, isSearching ? Self.searchedPiece : Self.largePiece)
            let memory = UnsafeMutableRawBufferPointer(rebasing: room[..<count])
            try content.data.fill(memory, at: position)
            try output.commit(count)
            return UnsafeRawBufferPointer(memory)
        } pieceDone: { position in
            if isSearching, let bit = decoder.lastBlockBit {
                isSearching = false
                output.change(at: start + bit >> 3) { $0 &= ~(1 << UInt8(bit & 7)) }
            }
            output.hold(from: max(start, start + position - (isSearching ? Self.longestBlockHeader : 1)))
        }
        try encoder.endDeflateStream(
            JoinedStream(start: start, endBit: decoder.endBit, checksum: checksum, size: content.size))
    }

    /// Decodes a deflate stream for a format that compresses anew, or one with nothing in it.
    func encodeStream(_ content: DeflatedContent, _ observer: (any ContentObserver)?) throws {
        try withUnsafeTemporaryAllocation(byteCount: Self.searchedPiece, alignment: 16) { memory in
            _ = try decode(content, observer, encodes: true) { position, left in
                let piece = UnsafeMutableRawBufferPointer(rebasing: memory.prefix(left))
                try content.data.fill(piece, at: position)
                return UnsafeRawBufferPointer(piece)
            } pieceDone: { _ in
            }
        }
    }

    /// Decodes a stream into the archive, and verifies that it ends where it should, its size and its checksum.
    ///
    /// - Parameters:
    ///   - next: gives the next piece of the stream, at most as long as what is left; it stays valid until `pieceDone`.
    ///   - pieceDone: gets the number of bytes of the stream that have gone through.
    private func decode(
        _ content: DeflatedContent, _ observer: (any ContentObserver)?, encodes: Bool,
        next: (_ position: Int, _ left: Int) throws -> UnsafeRawBufferPointer,
        pieceDone: (_ position: Int) throws -> Void
    ) throws -> Checksum {
        decoder.reset()
        var checksum = Checksum()
        var size = 0
        var position = 0
        while position < content.data.size, !decoder.isFinished {
            let piece = try next(position, content.data.size - position)
            decoder.feed(piece)
            position += piece.count
            var isFull = true
            while isFull, !decoder.isFinished {
                let room = tar.space()
                let count = try decoder.decode(into: room)
                isFull = count == room.count
                size += count
                guard size <= content.size else { throw LayerArchiveError.Cause.largerThanDeclared(content.size) }
                try accept(UnsafeRawBufferPointer(rebasing: room[..<count]), observer, &checksum, encodes: encodes)
            }
            try pieceDone(position)
        }
        guard decoder.isFinished else { throw LayerArchiveError.Cause.truncated }
        let consumed = (decoder.endBit + 7) / 8
        guard consumed == content.data.size else {
            throw LayerArchiveError.Cause.trailingBytes(content.data.size - consumed)
        }
        guard size == content.size else {
            throw LayerArchiveError.Cause.wrongSize(declared: content.size, actual: size)
        }
        guard checksum.value == content.crc32 else {
            throw LayerArchiveError.Cause.wrongChecksum(declared: content.crc32, actual: checksum.value)
        }
        return checksum
    }
}
