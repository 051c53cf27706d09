/// Numbers at places in some bytes, in a file's width and byte order.
struct ELFFields {
    let bytes: ArraySlice<UInt8>
    let width: ELFFacts.Width
    let byteOrder: ELFFacts.ByteOrder

    /// The number of `count` bytes at an offset; 0 beyond the end, which callers rule out by the size they ask for.
    private func number(_ offset: Int, _ count: Int) -> UInt64 {
        guard offset >= 0, offset <= bytes.count - count else { return 0 }
        var value: UInt64 = 0
        for index in 0..<count {
            let byte = bytes[bytes.startIndex + offset + (byteOrder == .big ? index : count - 1 - index)]
            value = value << 8 | UInt64(byte)
        }
        return value
    }

    func half(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: number(offset, 2)) }
    func word(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: number(offset, 4)) }

    /// A field of 4 bytes in the narrow form and of 8 in the wide one, at its offset in each.
    func address(narrow: Int, wide: Int) -> UInt64 {
        width == .bits64 ? number(wide, 8) : number(narrow, 4)
    }
}
