import HostSystem

/// eStargz (the specification in the stargz-snapshotter project, docs/estargz.md): a gzip member for each file's
/// content, and at the end a table of contents, itself a file of the archive.
///
/// A deflate stream that is kept is one chunk, however large: it cannot be cut without being compressed anew.
final class Estargz: BlobEncoder {
    /// Says that nothing should be fetched before it is asked for.
    static let landmark = ".no.prefetch.landmark"
    private static let contentsName = "stargz.index.json"
    static let digestAnnotation = "containerd.io/snapshot/stargz/toc.digest"

    private let output: BlobOutput
    private var member: GzipMember?
    private var encoder = RunEncoder()
    private var contents = EstargzContents()
    private var file: EstargzContents.File?
    private var contentsDigest = ""

    init(_ output: BlobOutput) throws {
        self.output = output
    }

    var keepsDeflateStreams: Bool { true }
    var joinsDeflateStreams: Bool { false }
    var annotations: [String: String] { [Self.digestAnnotation: "sha256:\(contentsDigest)"] }

    func addFraming(_ bytes: UnsafeRawBufferPointer) throws { try compress(bytes) }

    func beginFile(_ entry: TarEntry) throws {
        try endMember()
        file = EstargzContents.File(entry: entry)
    }

    func observer(isWhole: Bool) -> (any ContentObserver)? {
        let digests = ChunkDigests(chunkSize: isWhole ? nil : EstargzContents.chunkSize)
        file?.digests = digests
        return digests
    }

    func addContent(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            if member == nil { file?.chunkOffsets.append(output.count) }
            let piece = rest.prefix(EstargzContents.chunkSize - (member?.size ?? 0))
            try compress(UnsafeRawBufferPointer(rebasing: piece))
            if member?.size == EstargzContents.chunkSize { try endMember() }
            rest = rest.dropFirst(piece.count)
        }
    }

    func beginDeflateStream() throws {
        file?.chunkOffsets.append(output.count)
        try output.add(GzipFormat.header)
    }

    func endDeflateStream(_ stream: JoinedStream) throws {
        try output.add(GzipFormat.trailer(stream.checksum, size: stream.size))
    }

    func endFile() throws {
        try endMember()
        if let file { contents.add(file) }
        file = nil
    }

    func addEmpty(_ entry: TarEntry) throws { contents.add(EstargzContents.File(entry: entry)) }

    func finish(_ tar: TarStream) throws {
        try endMember()
        try tar.finishObserving()
        let offset = output.count
        let json = contents.json()
        contentsDigest = SHA256.hexDigest(json)
        let header = try TarHeaderEncoder().header(
            of: TarEntry(Self.contentsName, .file, size: json.count, mode: 0o444))
        let padding = [UInt8](repeating: 0, count: TarFormat.padding(json.count))
        for bytes in [header, json, padding, TarHeaderEncoder.end] {
            try bytes.withUnsafeBytes {
                try tar.add($0)
                try compress($0)
            }
        }
        try endMember()
        try output.add(Self.footer(offset))
    }

    /// An empty gzip member whose extra field says where the table of contents is.
    private static func footer(_ offset: Int) -> [UInt8] {
        let digits = String(offset, radix: 16)
        let text = String(repeating: "0", count: max(0, 16 - digits.utf8.count)) + digits + "STARGZ"
        var bytes: [UInt8] = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 26, 0]
        bytes += "SG".utf8
        bytes += [22, 0]
        bytes += text.utf8
        bytes += [1, 0, 0, 0xff, 0xff]
        return bytes + [UInt8](repeating: 0, count: 8)
    }

    private func compress(_ bytes: UnsafeRawBufferPointer) throws {
        if bytes.isEmpty { return }
        if member == nil {
            try output.add(GzipFormat.header)
            member = GzipMember()
        }
        member?.checksum.update(bytes)
        member?.size += bytes.count
        try encoder.add(bytes, to: output)
    }

    private func endMember() throws {
        guard let member else { return }
        try encoder.finish(output)
        try output.add(GzipFormat.trailer(member.checksum, size: member.size))
        self.member = nil
    }

    private struct GzipMember {
        var checksum = Checksum()
        var size = 0
    }
}

/// The SHA-256 of a file's content and of each of its chunks.
final class ChunkDigests: ContentObserver {
    /// Nil where the content is one chunk.
    private let chunkSize: Int?
    private let hash = RunningHash()
    private var chunkHash = RunningHash()
    private var filled = 0
    private(set) var whole = ""
    private(set) var chunks: [String] = []

    init(chunkSize: Int?) {
        self.chunkSize = chunkSize
    }

    func receive(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bytes)
        guard let chunkSize else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(chunkSize - filled)
            chunkHash.update(UnsafeRawBufferPointer(rebasing: piece))
            filled += piece.count
            rest = rest.dropFirst(piece.count)
            if filled == chunkSize { endChunk() }
        }
    }

    private func endChunk() {
        chunks.append(chunkHash.finish())
        chunkHash = RunningHash()
        filled = 0
    }

    func end() {
        if filled > 0 { endChunk() }
        whole = hash.finish()
        if chunkSize == nil { chunks = [whole] }
    }
}
