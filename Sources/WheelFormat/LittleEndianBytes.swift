/// Numbers at places of a buffer, each read only when it lies inside.
struct LittleEndianBytes {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var count: Int { bytes.count }

    @inline(__always)
    func number<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self, at offset: Int
    ) throws(ZipFault) -> Number {
        guard offset >= 0, bytes.count &- offset >= MemoryLayout<Number>.size else {
            throw .damagedEntry
        }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    @inline(__always)
    func uint16(_ offset: Int) throws(ZipFault) -> Int { Int(try number(UInt16.self, at: offset)) }

    @inline(__always)
    func uint32(_ offset: Int) throws(ZipFault) -> Int { Int(try number(UInt32.self, at: offset)) }

    /// A size or a place. No file is larger than what `Int` holds, so a larger number is damage.
    @inline(__always)
    func uint64(_ offset: Int) throws(ZipFault) -> Int {
        guard let value = Int(exactly: try number(UInt64.self, at: offset)) else { throw .damagedEntry }
        return value
    }

    @inline(__always)
    func slice(_ offset: Int, _ length: Int) throws(ZipFault) -> UnsafeRawBufferPointer {
        guard offset >= 0, length >= 0, bytes.count &- offset >= length else { throw .damagedEntry }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
    }
}
