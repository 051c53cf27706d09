/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) by slicing: eight table look-ups take in eight bytes.
///
/// The masked form is what TFRecord framing stores: a checksum of data that itself holds checksums would be weak,
/// so the value is rotated right by 15 bits and a constant is added.
package struct CRC32C: Sendable {
    /// The tables are made once; take the value into a local before a loop.
    package static let shared = CRC32C()

    /// Eight tables of 256 entries, one after the other; table `k` moves a byte past `k` further zero bytes.
    private let tables: [UInt32]

    private init() {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 {
                value = value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1
            }
            tables[byte] = value
        }
        for index in 256..<tables.count {
            let previous = tables[index - 256]
            tables[index] = (previous >> 8) ^ tables[Int(previous & 0xFF)]
        }
        self.tables = tables
    }

    /// The plain CRC-32C of `bytes`.
    package func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var crc: UInt32 = 0xFFFF_FFFF
            var position = 0
            let count = bytes.count
            while count - position >= 8 {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                crc = Self.step8(word ^ UInt64(crc), tables)
                position += 8
            }
            if count - position >= 4 {
                let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)) ^ crc
                crc =
                    tables[Int(word & 0xFF) + 768] ^ tables[Int((word >> 8) & 0xFF) + 512]
                    ^ tables[Int((word >> 16) & 0xFF) + 256] ^ tables[Int(word >> 24)]
                position += 4
            }
            while position < count {
                crc = tables[Int((crc ^ UInt32(bytes[position])) & 0xFF)] ^ (crc >> 8)
                position += 1
            }
            return ~crc
        }
    }

    /// The masked CRC-32C of `bytes`, as record headers and footers store it.
    package func maskedChecksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        Self.mask(checksum(bytes))
    }

    /// The masked CRC-32C of the eight little-endian bytes of a record's length.
    package func maskedChecksum(ofLength length: UInt64) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            Self.mask(~Self.step8(length ^ 0xFFFF_FFFF, tables))
        }
    }

    @inline(__always)
    private static func mask(_ crc: UInt32) -> UInt32 {
        ((crc >> 15) | (crc << 17)) &+ 0xA282_EAD8
    }

    /// Every index is a byte plus the start of one of the eight tables, so it is below 2048.
    @inline(__always)
    private static func step8(_ word: UInt64, _ tables: UnsafeBufferPointer<UInt32>) -> UInt32 {
        let near =
            tables[Int(word & 0xFF) + 1792] ^ tables[Int((word >> 8) & 0xFF) + 1536]
            ^ tables[Int((word >> 16) & 0xFF) + 1280] ^ tables[Int((word >> 24) & 0xFF) + 1024]
        let far =
            tables[Int((word >> 32) & 0xFF) + 768] ^ tables[Int((word >> 40) & 0xFF) + 512]
            ^ tables[Int((word >> 48) & 0xFF) + 256] ^ tables[Int(word >> 56)]
        return near ^ far
    }
}
