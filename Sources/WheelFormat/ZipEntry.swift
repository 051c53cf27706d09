/// One entry of the zip directory (APPNOTE 4.3.12).
struct ZipEntry {
    static let size = 46
    private static let signature: UInt32 = 0x0201_4B50
    private static let wideMark = 0xFFFF_FFFF

    /// The name as it is in the file.
    let name: UnsafeRawBufferPointer
    private let extra: UnsafeRawBufferPointer
    private let place: Int
    private let bytes: LittleEndianBytes
    /// Where the next entry begins.
    let next: Int

    /// - Parameter bytes: the whole directory.
    init(_ bytes: LittleEndianBytes, at place: Int) throws(ZipFault) {
        guard try bytes.number(UInt32.self, at: place) == Self.signature else { throw .damagedEntry }
        let nameLength = try bytes.uint16(place + 28)
        let extraLength = try bytes.uint16(place + 30)
        let commentLength = try bytes.uint16(place + 32)
        name = try bytes.slice(place + Self.size, nameLength)
        extra = try bytes.slice(place + Self.size + nameLength, extraLength)
        next = place + Self.size + nameLength + extraLength + commentLength
        guard next <= bytes.count else { throw .damagedEntry }
        self.bytes = bytes
        self.place = place
    }

    /// What the entry says, with every rule checked that needs no other entry.
    ///
    /// - Parameter directoryStart: where the directory lies in the file; members lie before it.
    func member(directoryStart: Int, limits: ZipDirectory.Limits) throws(ZipFault) -> ZipMember {
        let flags = try bytes.uint16(place + 8)
        // Bits 0, 6 and 13 are kinds of encryption, 5 is a patch to another file.
        guard flags & 0b0010_0000_0100_0001 == 0 else { throw .encrypted }
        guard flags & 0b0010_0000 == 0 else { throw .unknownMethod(try bytes.uint16(place + 10)) }
        let (path, isFolder) = try MemberPath.check(name)
        let method = try bytes.uint16(place + 10)
        guard let known = UInt16(exactly: method).flatMap(ZipMember.Method.init(rawValue:)) else {
            throw .unknownMethod(method)
        }
        let (compressedSize, size, offset) = try sizes()
        let disk = try bytes.uint16(place + 34)
        guard disk == 0 || disk == 0xFFFF else { throw .severalDisks }
        if isFolder, size != 0 { throw .folderWithContent }
        switch known {
        case .stored:
            guard size == compressedSize else { throw .impossibleSize }
        case .deflated:
            // Two bits at least for 258 bytes (RFC 1951, 3.2.5), so one byte cannot become more than 1032.
            guard compressedSize >= 2, size / 1032 <= compressedSize else { throw .impossibleSize }
        }
        guard size <= limits.memberSize else { throw .tooLarge(size: size, limit: limits.memberSize) }
        let room = directoryStart &- offset
        guard offset <= directoryStart, room >= LocalHeader.size + name.count,
            compressedSize <= room - LocalHeader.size - name.count
        else { throw .inconsistentDirectory }
        return ZipMember(
            path: path, isFolder: isFolder, method: known, compressedSize: compressedSize, size: size,
            crc32: try bytes.number(UInt32.self, at: place + 16),
            unixMode: try bytes.number(UInt16.self, at: place + 40),
            hasDataDescriptor: flags & 0b1000 != 0,
            headerOffset: offset, limit: directoryStart)
    }

    /// The compressed size, the size and the offset: from the entry, or where it marks them so, from the zip64 field
    /// (APPNOTE 4.5.3), which has only the marked ones, in its own order.
    private func sizes() throws(ZipFault) -> (compressed: Int, size: Int, offset: Int) {
        var compressed = try bytes.uint32(place + 20)
        var size = try bytes.uint32(place + 24)
        var offset = try bytes.uint32(place + 42)
        let fields = try ExtraFields(extra)
        if let other = fields.unicodeName, !other.elementsEqual(name) {
            throw .badName(.otherUnicodeName)
        }
        guard size == Self.wideMark || compressed == Self.wideMark || offset == Self.wideMark else {
            return (compressed, size, offset)
        }
        guard let wide = fields.zip64 else { throw .damagedEntry }
        let field = LittleEndianBytes(wide)
        var next = 0
        if size == Self.wideMark {
            size = try field.uint64(next)
            next += 8
        }
        if compressed == Self.wideMark {
            compressed = try field.uint64(next)
            next += 8
        }
        if offset == Self.wideMark { offset = try field.uint64(next) }
        return (compressed, size, offset)
    }
}

/// The extra fields that matter of an entry or a header.
struct ExtraFields {
    private(set) var zip64: UnsafeRawBufferPointer?
    /// The name of Info-ZIP's "Unicode path" field (APPNOTE 4.6.9), which some readers prefer.
    private(set) var unicodeName: UnsafeRawBufferPointer?

    init(_ extra: UnsafeRawBufferPointer) throws(ZipFault) {
        let bytes = LittleEndianBytes(extra)
        var place = 0
        // Fewer than four bytes at the end are padding, which some writers leave.
        while bytes.count - place >= 4 {
            let kind = try bytes.uint16(place)
            let length = try bytes.uint16(place + 2)
            let content = try bytes.slice(place + 4, length)
            switch kind {
            case 0x0001:
                guard zip64 == nil else { throw .damagedEntry }
                zip64 = content
            case 0x7075:
                guard unicodeName == nil, content.count >= 5 else { throw .damagedEntry }
                unicodeName = UnsafeRawBufferPointer(rebasing: content[5...])
            default: break
            }
            place += 4 + length
        }
    }
}
