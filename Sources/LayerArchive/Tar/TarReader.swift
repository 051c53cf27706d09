/// Reads a tar archive from front to back: ustar, pax, and the long names and large numbers of GNU tar.
///
/// Nothing in an archive is believed: sizes are bounded, sums are checked, and a path that leads out is an error.
package final class TarReader: ByteSource {
    package struct Limits: Sendable {
        /// Of a pax header or a GNU long name.
        package var extendedHeader = 1 << 20
        /// Of one file.
        package var file = 1 << 40

        package init() {}
    }

    private let source: any ByteSource
    private let limits: Limits
    private var globalRecords: [String: [UInt8]] = [:]
    /// Bytes of the present entry's content that were not read, and the zeros after it.
    private var left = 0
    private var padding = 0
    private var isAtEnd = false
    /// The last path that was met, for errors.
    private var place = "the start"

    package init(_ source: any ByteSource, limits: Limits = Limits()) {
        self.source = source
        self.limits = limits
    }

    /// The next entry, nil at the end of the archive. What was not read of the content before is skipped.
    package func next() throws -> TarEntry? {
        do {
            let entry = try readEntry()
            if let entry { place = entry.path }
            return entry
        } catch let cause as LayerArchiveError.Cause {
            throw LayerArchiveError(.read, "the archive after \(place)", cause)
        }
    }

    /// Reads the content of the present entry.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(left))
        if part.isEmpty { return 0 }
        let count = try source.read(into: part)
        guard count > 0 else { throw LayerArchiveError(.read, place, .truncated) }
        left -= count
        return count
    }

    private func readEntry() throws -> TarEntry? {
        if isAtEnd { return nil }
        try skip(left)
        // Some writers leave out what comes after the last content, and every engine takes their layers.
        try skip(padding, mayEnd: true)
        left = 0
        padding = 0
        var records = globalRecords
        var longName: [UInt8]?
        var longTarget: [UInt8]?
        while let header = try readHeader() {
            switch header.kind {
            case UInt8(ascii: "x"):
                try PaxRecords.parse(try readExtension(header), into: &records)
            case UInt8(ascii: "g"):
                try PaxRecords.parse(try readExtension(header), into: &globalRecords)
                PaxRecords.merge(globalRecords, under: &records)
            case UInt8(ascii: "L"): longName = try readExtension(header).prefix { $0 != 0 }.map { $0 }
            case UInt8(ascii: "K"): longTarget = try readExtension(header).prefix { $0 != 0 }.map { $0 }
            default:
                let entry = try header.entry(PaxRecords(records, longName: longName, longTarget: longTarget))
                guard entry.size <= limits.file else {
                    throw LayerArchiveError.Cause.tooLarge(what: entry.path, limit: limits.file)
                }
                left = entry.size
                padding = TarFormat.padding(entry.size)
                return entry
            }
        }
        isAtEnd = true
        return nil
    }

    /// Nil at the end: a block of zeros, or no more data.
    private func readHeader() throws -> TarHeader? {
        var block = [UInt8](repeating: 0, count: TarFormat.blockSize)
        let count = try block.withUnsafeMutableBytes { try source.fill($0) }
        if count == 0 { return nil }
        guard count == TarFormat.blockSize else { throw LayerArchiveError.Cause.truncated }
        return try TarHeader(block)
    }

    private func readExtension(_ header: TarHeader) throws -> [UInt8] {
        guard header.size <= limits.extendedHeader else {
            throw LayerArchiveError.Cause.tooLarge(what: "an extended header", limit: limits.extendedHeader)
        }
        var bytes = [UInt8](repeating: 0, count: header.size)
        let count = try bytes.withUnsafeMutableBytes { try source.fill($0) }
        guard count == header.size else { throw LayerArchiveError.Cause.truncated }
        try skip(TarFormat.padding(header.size))
        return bytes
    }

    /// - Parameter mayEnd: the archive may end on the way.
    private func skip(_ count: Int, mayEnd: Bool = false) throws {
        guard count > 0 else { return }
        try withUnsafeTemporaryAllocation(byteCount: min(count, 1 << 16), alignment: 16) { buffer in
            var rest = count
            while rest > 0 {
                let read = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(rest)))
                if read == 0, mayEnd { return }
                guard read > 0 else { throw LayerArchiveError.Cause.truncated }
                rest -= read
            }
        }
    }
}
