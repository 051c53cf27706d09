import TensorBoardEvents
import Testing

@Suite struct CRC32CTests {
    /// The vectors of RFC 3720, appendix B.4.
    @Test func knownChecksums() {
        let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ([UInt8](0..<32), 0x46DD_794E),
            (Array("123456789".utf8), 0xE306_9283),
            ([], 0),
        ]
        for vector in vectors {
            #expect(vector.bytes.withUnsafeBytes(CRC32C.shared.checksum) == vector.checksum)
        }
    }

    @Test func maskedChecksumAsEventFilesStoreIt() {
        let bytes = Array("\u{1a}\u{11}CRC test, one two".utf8)
        #expect(bytes.withUnsafeBytes(CRC32C.shared.maskedChecksum) == 0x5794_D08A)
    }

    @Test func everyLengthAndAlignmentAgreesWithTheDefinition() {
        let bytes = (0..<64).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        for start in 0..<9 {
            for end in start..<64 {
                let slice = Array(bytes[start..<end])
                let sliced = bytes.withUnsafeBytes { CRC32C.shared.checksum(.init(rebasing: $0[start..<end])) }
                #expect(sliced == bitwise(slice))
            }
        }
    }

    @Test func lengthChecksumIsThatOfItsBytes() {
        for length in [0, 1, 255, 1 << 20, UInt64.max] {
            let bytes = littleEndian(length)
            #expect(
                CRC32C.shared.maskedChecksum(ofLength: length) == bytes.withUnsafeBytes(CRC32C.shared.maskedChecksum))
        }
    }

    private func bitwise(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }
}
