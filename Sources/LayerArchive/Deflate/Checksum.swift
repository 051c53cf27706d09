import CInflate
import CZlib

/// The CRC-32 of gzip and zip (RFC 1952, section 8).
package struct Checksum: Sendable, Equatable {
    package private(set) var value: UInt32 = 0

    package init() {}

    package init(of bytes: UnsafeRawBufferPointer) { update(bytes) }

    private static let isFast = fast_inflate_available()

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        if Self.isFast {
            value = fast_crc32(value, start, bytes.count)
        } else {
            value = UInt32(
                truncatingIfNeeded: crc32_z(UInt(value), start.assumingMemoryBound(to: UInt8.self), bytes.count))
        }
    }

    /// The checksum of what was seen so far followed by `count` bytes whose own checksum is `other`.
    package mutating func append(_ other: Checksum, count: Int) {
        value = UInt32(truncatingIfNeeded: crc32_combine(UInt(value), UInt(other.value), count))
    }
}
