/// The layout of a tar header (POSIX.1, pax interchange format).
enum TarFormat {
    static let blockSize = 512

    struct Field {
        let offset: Int
        let count: Int

        init(_ offset: Int, _ count: Int) {
            self.offset = offset
            self.count = count
        }
    }

    static let name = Field(0, 100)
    static let mode = Field(100, 8)
    static let userID = Field(108, 8)
    static let groupID = Field(116, 8)
    static let size = Field(124, 12)
    static let modified = Field(136, 12)
    static let checksum = Field(148, 8)
    static let kind = Field(156, 1)
    static let linkTarget = Field(157, 100)
    static let magic = Field(257, 8)
    static let deviceMajor = Field(329, 8)
    static let deviceMinor = Field(337, 8)
    static let prefix = Field(345, 155)

    static let ustarMagic = Array("ustar\u{0}00".utf8)
    static let gnuMagic = Array("ustar  \u{0}".utf8)

    static let attributePrefix = "SCHILY.xattr."

    /// The zero bytes that fill the last block of so much content.
    static func padding(_ size: Int) -> Int { (blockSize - size % blockSize) % blockSize }

    /// The sum of all bytes of a header, its checksum field taken as spaces.
    static func checksum(_ header: UnsafeRawBufferPointer) -> Int {
        var sum = 0
        for (index, byte) in header.enumerated() {
            sum += index >= checksum.offset && index < checksum.offset + checksum.count ? 0x20 : Int(byte)
        }
        return sum
    }
}
