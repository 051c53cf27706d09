/// Reads one TensorBoard event file, from its start or from where the last call stopped.
///
/// The file is opened for each call and closed again, so that thousands of files can be followed. Memory: one chunk
/// of 256 KiB while a call runs (as much as its largest record where that is more, up to `Limits.readRecord`), and the
/// names of the tags.
///
/// Every byte is checked: both checksums of each record, and all lengths within it. What is damaged is left out and
/// counted in `totals`.
package struct EventFileReader: Sendable {
    package struct Limits: Sendable {
        /// Longer records end the reading: no writer makes them, so the file is damaged or made to do harm.
        package var anyRecord = 256 << 20
        /// Longer records are skipped unread.
        package var readRecord = 32 << 20
        /// Bytes asked of the file at a time.
        package var chunk = 256 << 10

        package init() {}
    }

    package let path: String
    package let limits: Limits
    package private(set) var totals = EventFileTotals()
    /// Names and plugins of the tags met so far; ids stay the same for the life of the reader.
    package var tags: TagTable { decoder.tags }
    /// What the first record calls the format, such as `brain.Event:2`; nil before it was read.
    package var fileVersion: String? { decoder.fileVersion }

    private var decoder = EventDecoder()
    private var fingerprint: FileFingerprint?

    package init(path: String, limits: Limits = Limits()) {
        self.path = path
        self.limits = limits
    }

    /// Reads what is there now and delivers it in the order of the file.
    ///
    /// - Parameters:
    ///   - budget: return `.paused` after about this many bytes, so that a caller can look at other files, or stop.
    ///   - handler: is given each item; items that were delivered are not delivered again. It must not touch this
    ///     reader: names come as `.tag` items.
    /// - Throws: `EventFileError` when the file cannot be opened or read. What was delivered before stays delivered,
    ///   and a later call goes on from there.
    package mutating func readAvailable(
        atMost budget: Int = .max, _ handler: (EventFileItem) -> Void
    ) throws(EventFileError) -> ReadOutcome {
        let file = try OpenedFile(path)
        if try isReplaced(file) {
            startAgain()
            return .replaced
        }
        let start = totals.bytes
        // The chunk can hold a header even when a caller asks for less.
        var chunk = ReadChunk(capacity: max(limits.chunk, RecordHeader.size))
        var needed = RecordHeader.size
        defer { noteDecoderCounts() }
        while true {
            try chunk.fill(from: file, at: totals.bytes, needed: needed, limit: file.size)
            let before = totals.bytes
            switch pass(chunk.bytes, handler) {
            case .needs(let length):
                let rest = file.size - totals.bytes
                // The last test holds when the file was cut since it was opened: it has less than its size said.
                if rest < length || (totals.bytes == before && needed >= length) {
                    try remember(file, since: start)
                    return rest <= 0 ? .caughtUp : .truncatedTail(offset: totals.bytes)
                }
                needed = length
            case .oversized(let length):
                guard file.size - totals.bytes >= length else {
                    try remember(file, since: start)
                    return .truncatedTail(offset: totals.bytes)
                }
                totals.oversizedRecords += 1
                totals.records += 1
                totals.bytes += length
                needed = RecordHeader.size
            case .end(let outcome):
                if case .notAnEventFile = outcome { startAgain() } else { try remember(file, since: start) }
                return outcome
            }
            if totals.bytes - start >= budget, totals.bytes < file.size {
                try remember(file, since: start)
                return .paused
            }
        }
    }

    /// Why `pass` stopped.
    private enum Stop {
        /// The next record has this many bytes with its framing, or its header is cut off.
        case needs(Int)
        /// The next record is to be skipped; this many bytes with its framing.
        case oversized(Int)
        case end(ReadOutcome)
    }

    /// Passes the whole records at the start of `bytes`, which begin at offset `totals.bytes` of the file.
    private mutating func pass(_ bytes: UnsafeRawBufferPointer, _ handler: (EventFileItem) -> Void) -> Stop {
        let crc = CRC32C.shared
        var position = 0
        let start = totals.bytes
        var records = 0
        defer {
            totals.bytes = start + position
            totals.records += records
        }
        while true {
            guard bytes.count - position >= RecordHeader.size else { return .needs(RecordHeader.size) }
            let header = RecordHeader(bytes, at: position)
            guard header.checksum == crc.maskedChecksum(ofLength: header.length) else {
                return .end(judge(header, at: start + position))
            }
            guard header.length <= UInt64(limits.anyRecord), let length = Int(exactly: header.length) else {
                return .end(.corrupt(offset: start + position, reason: .recordTooLong(header.length)))
            }
            let total = length + RecordHeader.size + RecordHeader.footerSize
            guard length <= limits.readRecord else { return .oversized(total) }
            guard bytes.count - position >= total else { return .needs(total) }
            let data = position + RecordHeader.size
            let record = UnsafeRawBufferPointer(rebasing: bytes[data..<data + length])
            let stored = bytes.loadUnaligned(fromByteOffset: data + length, as: UInt32.self)
            if crc.maskedChecksum(record) == UInt32(littleEndian: stored) {
                guard decode(record, handler) else {
                    return .end(.notAnEventFile(.firstRecordIsNoEvent))
                }
            } else {
                // The length was right, so the next record is where it should be. TensorBoard's Python reader stops
                // here for good; its data server, when asked to check, leaves the record out. One flipped bit is no
                // reason to lose the hours behind it.
                totals.badChecksums += 1
                if totals.firstBadChecksum == nil { totals.firstBadChecksum = start + position }
            }
            records += 1
            position += total
        }
    }

    /// Returns false when neither this record nor one before it is an event; then nothing was delivered yet.
    private mutating func decode(_ record: UnsafeRawBufferPointer, _ handler: (EventFileItem) -> Void) -> Bool {
        do throws(WireError) {
            try decoder.decode(record, handler)
        } catch {
            totals.malformedRecords += 1
        }
        return decoder.isRecognised
    }

    /// What a header with a wrong checksum means.
    private func judge(_ header: RecordHeader, at offset: Int) -> ReadOutcome {
        // Zeros are what a network file system shows of bytes that are still on their way, and what a crash leaves
        // of bytes that never reached the disk. No header is all zeros, so waiting costs nothing.
        if header.isZero { return .truncatedTail(offset: offset) }
        if offset == 0 { return .notAnEventFile(.notRecords) }
        return .corrupt(offset: offset, reason: .lengthChecksum)
    }

    private func isReplaced(_ file: borrowing OpenedFile) throws(EventFileError) -> Bool {
        if totals.bytes > file.size { return true }
        guard let fingerprint else { return false }
        return try !fingerprint.matches(file)
    }

    private mutating func remember(_ file: borrowing OpenedFile, since start: Int) throws(EventFileError) {
        guard totals.bytes > 0, totals.bytes != start || fingerprint == nil else { return }
        fingerprint = try FileFingerprint(file, upTo: totals.bytes)
    }

    private mutating func noteDecoderCounts() {
        totals.malformedValues = decoder.malformedValues
        totals.valuesWithoutTag = decoder.valuesWithoutTag
    }

    private mutating func startAgain() {
        totals = EventFileTotals()
        decoder.startAgain()
        fingerprint = nil
    }
}

/// The twelve bytes before a record's data (TFRecord): its length and the masked CRC-32C of the length's own bytes.
/// Behind the data stands the masked CRC-32C of the data.
private struct RecordHeader {
    static let size = 12
    static let footerSize = 4

    let length: UInt64
    let checksum: UInt32

    /// The caller has tested that `size` bytes are there.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, at position: Int) {
        length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt32.self))
    }

    var isZero: Bool { length == 0 && checksum == 0 }
}
