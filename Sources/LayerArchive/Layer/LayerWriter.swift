import HostSystem
import OCIModel

/// Writes a layer of an image, entry after entry, in one pass and with bounded memory.
///
/// The same calls give the same bytes, on every machine. Deflate streams are kept as they are; they are decoded once,
/// to verify them and for the digest of the archive. Parent folders that were not added are made up, the same in every
/// layer, so that layers can be stacked in any order.
///
/// Two threads help: one hashes the archive, one hashes and writes the blob; a third serves the observers. Errors of
/// theirs are thrown by a later call, at the latest by `finish`. A writer that is let go without `finish`, or after an
/// error, leaves an incomplete output behind, which is of no use.
package final class LayerWriter {
    private let name: String
    private let format: LayerFormat
    private let owner: LayerOwner
    let failure = FirstFailure()
    let tar: TarStream
    let output: BlobOutput
    let encoder: any BlobEncoder
    let decoder: DeflateDecoder
    private var paths: Set<String> = []
    private var isClosed = false

    /// - Parameters:
    ///   - output: gets the blob, from where it stands; it is not synced.
    ///   - name: what the output is, for errors.
    ///   - owner: of the entries that are added without one.
    package init(
        _ output: Descriptor, name: String, format: LayerFormat = .gzip, owner: LayerOwner = LayerOwner(),
        engine: DeflateDecoder.Engine = .best
    ) throws {
        self.name = name
        self.format = format
        self.owner = owner
        self.output = BlobOutput(output, path: name, failure: failure)
        do {
            decoder = try DeflateDecoder(engine)
        } catch let cause as LayerArchiveError.Cause {
            throw LayerArchiveError(.make, name, cause)
        }
        switch format {
        case .gzip:
            tar = TarStream(failure: failure)
            encoder = try JoinedGzip(self.output)
        case .estargz:
            tar = TarStream(failure: failure)
            encoder = try Estargz(self.output)
        case .zstd, .tar:
            let whole = try WholeStream(self.output, compresses: format == .zstd)
            tar = TarStream(failure: failure, consumer: Lane(failure) { try whole.add($0.bytes) })
            encoder = whole
        }
        if format == .estargz { try addFile(Estargz.landmark, content: [0x0f]) }
    }

    deinit { failure.set(LayerArchiveError(.make, name, .closed)) }

    // MARK: Entries

    package func addFolder(_ path: String, mode: UInt16 = 0o755) throws {
        try add(TarEntry(path, .folder, mode: mode), owned: true)
    }

    package func addSymbolicLink(_ path: String, target: String) throws {
        try add(TarEntry(path, .symbolicLink(target: target), mode: 0o777), owned: true)
    }

    /// Another name for a file that was added before.
    package func addHardLink(_ path: String, target: String, mode: UInt16 = 0o644) throws {
        try add(TarEntry(path, .hardLink(target: target), mode: mode), owned: true)
    }

    /// A small file.
    package func addFile(
        _ path: String, mode: UInt16 = 0o644, content: [UInt8], observer: (any ContentObserver)? = nil
    ) throws {
        try add(TarEntry(path, .file, size: content.count, mode: mode), MemorySource(content), owned: true, observer)
    }

    /// A file whose content is compressed here.
    ///
    /// - Parameter crc32: what its checksum must be; nil where nobody knows.
    package func addFile(
        _ path: String, mode: UInt16 = 0o644, stored data: DataRange, crc32: UInt32? = nil,
        observer: (any ContentObserver)? = nil
    ) throws {
        let source = RangeSource(data)
        try add(TarEntry(path, .file, size: data.size, mode: mode), source, owned: true, observer, crc32: crc32)
    }

    /// A file whose content is a deflate stream. The stream must be valid and end with its range, and what comes out
    /// must have the declared size and checksum.
    package func addFile(
        _ path: String, mode: UInt16 = 0o644, deflated content: DeflatedContent,
        observer: (any ContentObserver)? = nil
    ) throws {
        try adding(path) {
            let entry = try begin(TarEntry(path, .file, size: content.size, mode: mode), owned: true)
            if content.size == 0 || !encoder.keepsDeflateStreams {
                if content.size == 0 { try encoder.addEmpty(entry) } else { try encoder.beginFile(entry) }
                try encodeStream(content, observer)
                if content.size > 0 { try encoder.endFile() }
                if let observer { tar.end(observer) }
            } else {
                try encoder.beginFile(entry)
                let observer = tapped(observer, isWhole: true)
                try joinStream(content, observer)
                try encoder.endFile()
                if let observer { tar.end(observer) }
            }
            try fillBlock(content.size)
        }
    }

    /// Any entry, with its own owner and time, such as one of another archive.
    ///
    /// - Parameter content: of a file: exactly `entry.size` bytes.
    package func add(
        _ entry: TarEntry, content: (any ByteSource)? = nil, observer: (any ContentObserver)? = nil
    ) throws {
        try add(entry, content, owned: false, observer)
    }

    /// Writes what is left and waits for it.
    package func finish() throws -> LayerResult {
        guard !isClosed else { throw LayerArchiveError(.make, name, .closed) }
        isClosed = true
        do {
            try encoder.finish(tar)
            let diffID = try tar.finish()
            try encoder.close()
            let digest = try output.finish()
            guard let diffID = Digest(hex: diffID), let digest = Digest(hex: digest) else {
                throw LayerArchiveError(.make, name, .closed)
            }
            let annotations = encoder.annotations
            let descriptor = ContentDescriptor(
                mediaType: format.mediaType, digest: digest, size: Int64(output.count),
                annotations: annotations.isEmpty ? nil : annotations)
            return LayerResult(descriptor: descriptor, diffID: diffID, uncompressedSize: Int64(tar.count))
        } catch {
            failure.set(error)
            throw error
        }
    }

    // MARK: Making

    private func add(
        _ entry: TarEntry, _ content: (any ByteSource)? = nil, owned: Bool, _ observer: (any ContentObserver)? = nil,
        crc32: UInt32? = nil
    ) throws {
        try adding(entry.path) {
            let entry = try begin(entry, owned: owned)
            guard entry.kind == .file else { return try encoder.addEmpty(entry) }
            if entry.size == 0 { try encoder.addEmpty(entry) } else { try encoder.beginFile(entry) }
            let observer = entry.size == 0 ? observer : tapped(observer, isWhole: false)
            try copy(content, entry, observer, crc32)
            if entry.size > 0 { try encoder.endFile() }
            if let observer { tar.end(observer) }
            try fillBlock(entry.size)
        }
    }

    /// Runs a step; after an error there is no further one.
    private func adding(_ path: String, _ body: () throws -> Void) throws {
        guard !isClosed else { throw LayerArchiveError(.add, path, .closed) }
        do {
            try failure.check()
            try body()
        } catch {
            isClosed = true
            let named = (error as? LayerArchiveError.Cause).map { LayerArchiveError(.add, path, $0) }
            failure.set(named ?? error)
            throw named ?? error
        }
    }

    /// The observer and that of the format.
    private func tapped(_ observer: (any ContentObserver)?, isWhole: Bool) -> (any ContentObserver)? {
        guard let tap = encoder.observer(isWhole: isWhole) else { return observer }
        guard let observer else { return tap }
        return ObserverPair(observer, tap)
    }

    /// Writes the header, after those of parent folders that are missing.
    private func begin(_ entry: TarEntry, owned: Bool) throws -> TarEntry {
        var entry = entry
        entry.path = try LayerPath.normal(entry.path)
        if owned {
            entry.userID = owner.userID
            entry.groupID = owner.groupID
            entry.modified = owner.modified
        }
        if case .hardLink(let target) = entry.kind {
            let target = try LayerPath.normal(target)
            guard paths.contains(target) else { throw LayerArchiveError.Cause.missingLinkTarget(target) }
            entry.kind = .hardLink(target: target)
        }
        if entry.kind != .file { entry.size = 0 }
        for parent in LayerPath.parents(of: entry.path) where paths.insert(parent).inserted {
            let folder = TarEntry(
                parent, .folder, mode: 0o755, userID: owner.userID, groupID: owner.groupID, modified: owner.modified)
            try addFraming(try TarHeaderEncoder().header(of: folder))
            try encoder.addEmpty(folder)
        }
        guard paths.insert(entry.path).inserted else { throw LayerArchiveError.Cause.twice }
        try addFraming(try TarHeaderEncoder().header(of: entry))
        return entry
    }

    private func addFraming(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes {
            try tar.add($0)
            try encoder.addFraming($0)
        }
    }

    private func fillBlock(_ size: Int) throws {
        let padding = TarFormat.padding(size)
        if padding > 0 { try addFraming([UInt8](repeating: 0, count: padding)) }
    }

    /// Content that is not compressed yet.
    private func copy(
        _ source: (any ByteSource)?, _ entry: TarEntry, _ observer: (any ContentObserver)?, _ crc32: UInt32?
    ) throws {
        var checksum = Checksum()
        var left = entry.size
        while left > 0 {
            let room = UnsafeMutableRawBufferPointer(rebasing: tar.space().prefix(left))
            guard let count = try source?.read(into: room), count > 0 else { throw LayerArchiveError.Cause.truncated }
            try accept(UnsafeRawBufferPointer(rebasing: room[..<count]), observer, &checksum, encodes: true)
            left -= count
        }
        if let crc32, checksum.value != crc32 {
            throw LayerArchiveError.Cause.wrongChecksum(declared: crc32, actual: checksum.value)
        }
    }

    /// Content that stands in `tar.space()`.
    func accept(
        _ bytes: UnsafeRawBufferPointer, _ observer: (any ContentObserver)?, _ checksum: inout Checksum, encodes: Bool
    ) throws {
        checksum.update(bytes)
        if encodes { try encoder.addContent(bytes) }
        try tar.commit(bytes.count, observer)
    }
}
