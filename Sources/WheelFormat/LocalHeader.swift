/// The header before a member's data (APPNOTE 4.3.7), which must say what the directory says.
struct LocalHeader {
    static let size = 30
    private static let signature: UInt32 = 0x0403_4B50
    private static let descriptorSignature: UInt32 = 0x0807_4B50

    /// The length of the header with its name and extra fields.
    let length: Int

    /// - Parameter bytes: the file from `member.headerOffset` on.
    init(_ bytes: LittleEndianBytes, of member: ZipMember) throws(ZipFault) {
        guard bytes.count >= Self.size else { throw .truncated }
        guard try bytes.number(UInt32.self, at: 0) == Self.signature else { throw .headersDisagree }
        let flags = try bytes.uint16(6)
        let nameLength = try bytes.uint16(26)
        let extraLength = try bytes.uint16(28)
        length = Self.size + nameLength + extraLength
        guard length + member.compressedSize <= member.limit - member.headerOffset else {
            throw .overlapping
        }
        guard bytes.count >= length else { throw .truncated }
        let name = try bytes.slice(Self.size, nameLength)
        guard flags & 0b0010_0000_0110_0001 == 0 else { throw .encrypted }
        guard try bytes.uint16(8) == Int(member.method.rawValue),
            (flags & 0b1000 != 0) == member.hasDataDescriptor,
            Self.isName(name, of: member)
        else { throw .headersDisagree }
        let fields = try ExtraFields(try bytes.slice(Self.size + nameLength, extraLength))
        if let other = fields.unicodeName, !other.elementsEqual(name) {
            throw .badName(.otherUnicodeName)
        }
        let sizes = try Self.sizes(bytes, fields)
        let crc = try bytes.number(UInt32.self, at: 14)
        let agrees =
            crc == member.crc32 && sizes.compressed == member.compressedSize && sizes.size == member.size
        // With a descriptor the writer did not know them yet, and left zeros, or marks for a zip64 field of zeros.
        let isUnknown = member.hasDataDescriptor && crc == 0 && sizes.compressed == 0 && sizes.size == 0
        guard agrees || isUnknown else { throw .headersDisagree }
    }

    private static func isName(_ name: UnsafeRawBufferPointer, of member: ZipMember) -> Bool {
        let path = member.path.utf8
        guard member.isFolder else { return name.elementsEqual(path) }
        return name.last == UInt8(ascii: "/") && name.dropLast().elementsEqual(path)
    }

    private static func sizes(
        _ bytes: LittleEndianBytes, _ fields: ExtraFields
    ) throws(ZipFault) -> (compressed: Int, size: Int) {
        var compressed = try bytes.uint32(18)
        var size = try bytes.uint32(22)
        let mark = 0xFFFF_FFFF
        if compressed == mark || size == mark {
            guard let wide = fields.zip64 else { throw .headersDisagree }
            let field = LittleEndianBytes(wide)
            var next = 0
            if size == mark {
                size = try field.uint64(next)
                next += 8
            }
            if compressed == mark { compressed = try field.uint64(next) }
        }
        return (compressed, size)
    }

    /// Whether the record behind the data (APPNOTE 4.3.9) says what the directory says: with or without a signature,
    /// with sizes of four or of eight bytes.
    ///
    /// - Parameter bytes: what lies between the data and the next member, up to 24 bytes.
    static func descriptorAgrees(_ bytes: LittleEndianBytes, _ member: ZipMember) throws(ZipFault)
        -> Bool
    {
        for start in [4, 0] {
            if start == 4, bytes.count < 4 { continue }
            if start == 4, try bytes.number(UInt32.self, at: 0) != descriptorSignature { continue }
            guard bytes.count >= start + 12, try bytes.number(UInt32.self, at: start) == member.crc32
            else { continue }
            if try bytes.uint32(start + 4) == member.compressedSize,
                try bytes.uint32(start + 8) == member.size
            {
                return true
            }
            if bytes.count >= start + 20,
                try bytes.number(UInt64.self, at: start + 4) == UInt64(member.compressedSize),
                try bytes.number(UInt64.self, at: start + 12) == UInt64(member.size)
            {
                return true
            }
        }
        return false
    }
}
