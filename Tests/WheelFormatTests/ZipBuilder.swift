import CZlib
import HostSystem
import WheelFormat

/// Makes zip files, right and wrong ones: every field of a member can be set to something untrue.
struct ZipBuilder {
    struct Member {
        var name: [UInt8]
        var content: [UInt8] = []
        var mode: UInt16 = 0o100644
        var method = 8
        var flags = 0
        /// Sizes and CRC stand behind the data; zeros before it.
        var hasDescriptor = false
        var descriptorHasSignature = true
        /// Sizes and offset in zip64 fields.
        var isWide = false
        var compressed: [UInt8]?
        var declaredSize: Int?
        var declaredCompressedSize: Int?
        var declaredCRC: UInt32?
        var localName: [UInt8]?
        var localMethod: Int?
        var localCRC: UInt32?
        /// In the directory; the one before the data has none.
        var extra: [UInt8] = []
        /// Bytes between the data and the next member.
        var gap: [UInt8] = []
        /// In place of where it really lies.
        var offset: Int?

        init(_ name: String, _ content: String = "", mode: UInt16 = 0o100644) {
            self.name = Array(name.utf8)
            self.content = Array(content.utf8)
            self.mode = mode
        }
    }

    var members: [Member] = []
    var comment: [UInt8] = []
    /// Whether the end has a zip64 record.
    var isWide = false
    var before: [UInt8] = []
    var behindMembers: [UInt8] = []
    var behind: [UInt8] = []
    var declaredCount: Int?

    init(_ members: [Member] = []) {
        self.members = members
    }

    init(_ files: [(String, String)]) {
        members = files.map { Member($0, $1) }
    }

    var bytes: [UInt8] {
        var bytes = before
        var directory: [UInt8] = []
        for member in members {
            let offset = member.offset ?? bytes.count
            let data =
                member.compressed ?? (member.method == 8 ? Self.deflated(member.content) : member.content)
            let size = member.declaredSize ?? member.content.count
            let compressedSize = member.declaredCompressedSize ?? data.count
            let crc = member.declaredCRC ?? Self.crc32(member.content)
            let flags = member.flags | (member.hasDescriptor ? 8 : 0)
            let wide = Self.wide([size, compressedSize])
            let localExtra = member.isWide ? wide : []
            bytes += Self.number(0x0403_4B50, 4) + Self.number(20, 2) + Self.number(flags, 2)
            bytes += Self.number(member.localMethod ?? member.method, 2) + Self.number(0, 4)
            if member.hasDescriptor {
                bytes += Self.number(0, 12)
            } else {
                bytes += Self.number(Int(member.localCRC ?? crc), 4)
                bytes += Self.number(member.isWide ? 0xFFFF_FFFF : compressedSize, 4)
                bytes += Self.number(member.isWide ? 0xFFFF_FFFF : size, 4)
            }
            let localName = member.localName ?? member.name
            bytes += Self.number(localName.count, 2)
            bytes += Self.number(member.hasDescriptor ? 0 : localExtra.count, 2)
            bytes += localName + (member.hasDescriptor ? [] : localExtra) + data
            if member.hasDescriptor {
                if member.descriptorHasSignature { bytes += Self.number(0x0807_4B50, 4) }
                let width = member.isWide ? 8 : 4
                bytes +=
                    Self.number(Int(crc), 4) + Self.number(compressedSize, width) + Self.number(size, width)
            }
            bytes += member.gap
            let extra = member.extra + (member.isWide ? Self.wide([size, compressedSize, offset]) : [])
            directory += Self.number(0x0201_4B50, 4) + Self.number(3 << 8 | 20, 2) + Self.number(20, 2)
            directory += Self.number(flags, 2) + Self.number(member.method, 2) + Self.number(0, 4)
            directory += Self.number(Int(crc), 4)
            directory += Self.number(member.isWide ? 0xFFFF_FFFF : compressedSize, 4)
            directory += Self.number(member.isWide ? 0xFFFF_FFFF : size, 4)
            directory +=
                Self.number(member.name.count, 2) + Self.number(extra.count, 2) + Self.number(0, 6)
            directory += Self.number(Int(member.mode) << 16, 4)
            directory += Self.number(member.isWide ? 0xFFFF_FFFF : offset, 4) + member.name + extra
        }
        bytes += behindMembers
        let start = bytes.count
        bytes += directory
        let count = declaredCount ?? members.count
        if isWide {
            let record = bytes.count
            bytes +=
                Self.number(0x0606_4B50, 4) + Self.number(44, 8) + Self.number(45, 2) + Self.number(45, 2)
            bytes += Self.number(0, 8) + Self.number(count, 8) + Self.number(count, 8)
            bytes += Self.number(directory.count, 8) + Self.number(start, 8)
            bytes +=
                Self.number(0x0706_4B50, 4) + Self.number(0, 4) + Self.number(record, 8) + Self.number(1, 4)
        }
        bytes += Self.number(0x0605_4B50, 4) + Self.number(0, 4)
        bytes += Self.number(isWide ? 0xFFFF : count, 2) + Self.number(isWide ? 0xFFFF : count, 2)
        bytes += Self.number(isWide ? 0xFFFF_FFFF : directory.count, 4)
        bytes += Self.number(isWide ? 0xFFFF_FFFF : start, 4)
        return bytes + Self.number(comment.count, 2) + comment + behind
    }

    /// Opens what was built.
    func open(limits: ZipDirectory.Limits = .init()) throws(WheelError) -> ZipDirectory {
        try ZipDirectory(MemoryBytes(bytes), name: "test.whl", limits: limits)
    }

    static func number(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func wide(_ values: [Int]) -> [UInt8] {
        number(1, 2) + number(8 * values.count, 2) + values.flatMap { number($0, 8) }
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        UInt32(truncatingIfNeeded: CZlib.crc32(0, bytes, UInt32(bytes.count)))
    }

    static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: bytes.count + 1024)
        let capacity = output.count
        let made = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(capacity)
                deflate(&stream, Z_FINISH)
                return capacity - Int(stream.avail_out)
            }
        }
        return Array(output[..<made])
    }
}
