/// Why protocol buffer bytes were refused.
enum WireError: Error, Equatable {
    /// A field reaches past the end of its message.
    case truncated
    /// A varint has more than ten bytes, or a field key more than 32 bits.
    case varintTooLong
    /// Field number 0, a reserved wire type, or a group (groups are deprecated and no event uses them).
    case invalidField
    /// A nested value or a list goes past what the decoder accepts.
    case tooLarge
    /// The fields are there but contradict each other (a shape and its data, edges and counts).
    case inconsistent
}

/// Reads the protocol buffer wire format from borrowed bytes, without allocation.
///
/// A message is a range of offsets into the record that holds it, so nested messages share one base and no pointer
/// arithmetic is done. Every read is tested against the end of its own message before it is made.
struct WireReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var position: Int
    let end: Int

    /// A reader of one whole record.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        self.position = 0
        self.end = bytes.count
    }

    /// A reader of a nested message; `range` comes from `lengthDelimited()` on the same bytes.
    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        self.position = range.lowerBound
        self.end = range.upperBound
    }

    var isAtEnd: Bool { position >= end }

    /// The key of the next field (`number << 3 | wire type`), nil at the end of the message.
    @inline(__always)
    mutating func nextKey() throws(WireError) -> UInt32? {
        if position >= end { return nil }
        let first = bytes[position]
        // Field numbers below 16 take one byte: all of those that matter here.
        if first < 0x80 {
            position += 1
            if first < 8 { throw .invalidField }
            return UInt32(first)
        }
        let key = try varint()
        guard let key = UInt32(exactly: key) else { throw .varintTooLong }
        if key < 8 { throw .invalidField }
        return key
    }

    @inline(__always)
    mutating func varint() throws(WireError) -> UInt64 {
        if position < end, bytes[position] < 0x80 {
            position += 1
            return UInt64(bytes[position - 1])
        }
        return try longVarint()
    }

    private mutating func longVarint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = bytes[position]
            position += 1
            // The tenth byte brings the 64th bit; protobuf drops what is above it.
            value |= UInt64(byte & 0x7F) &<< shift
            if byte < 0x80 { return value }
            shift += 7
            if shift >= 70 { throw .varintTooLong }
        }
        throw .truncated
    }

    @inline(__always)
    mutating func fixed64() throws(WireError) -> UInt64 {
        guard end - position >= 8 else { throw .truncated }
        defer { position += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    @inline(__always)
    mutating func fixed32() throws(WireError) -> UInt32 {
        guard end - position >= 4 else { throw .truncated }
        defer { position += 4 }
        return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    mutating func double() throws(WireError) -> Double { Double(bitPattern: try fixed64()) }

    mutating func float() throws(WireError) -> Float { Float(bitPattern: try fixed32()) }

    /// The place of a string, bytes, packed or message field.
    @inline(__always)
    mutating func lengthDelimited() throws(WireError) -> Range<Int> {
        let length = try varint()
        guard length <= UInt64(end - position) else { throw .truncated }
        let start = position
        position += Int(length)
        return Range(uncheckedBounds: (start, position))
    }

    /// A string field; bytes that are not UTF-8 are replaced, not refused.
    mutating func string() throws(WireError) -> String {
        bytes.text(try lengthDelimited())
    }

    /// Steps over the value of a field that this program does not know.
    mutating func skip(_ key: UInt32) throws(WireError) {
        switch key & 7 {
        case 0: _ = try varint()
        case 1: _ = try fixed64()
        case 2: _ = try lengthDelimited()
        case 5: _ = try fixed32()
        default: throw .invalidField
        }
    }
}

/// Field keys: the wire type belongs to the key, so a field with an unexpected wire type is an unknown field and is
/// skipped, as protocol buffers ask.
enum WireKey {
    @inline(__always) static func varint(_ number: UInt32) -> UInt32 { number << 3 }
    @inline(__always) static func fixed64(_ number: UInt32) -> UInt32 { number << 3 | 1 }
    @inline(__always) static func bytes(_ number: UInt32) -> UInt32 { number << 3 | 2 }
    @inline(__always) static func fixed32(_ number: UInt32) -> UInt32 { number << 3 | 5 }
}

extension UnsafeRawBufferPointer {
    /// The text at `range`, which must lie inside; invalid UTF-8 is replaced.
    func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: self[range]), as: UTF8.self)
    }

    /// A copy of the bytes at `range`, which must lie inside.
    func copy(_ range: Range<Int>) -> [UInt8] {
        [UInt8](UnsafeRawBufferPointer(rebasing: self[range]))
    }
}
