/// Where the directory lies and how many members it has: the records at the end of a zip file (APPNOTE 4.3.14–4.3.16).
///
/// Stricter than most readers, because two readers that find different ends see different files: nothing may lie
/// behind the end or between the directory and the end, nothing but members before the directory.
struct ZipEnd: Equatable {
    let directory: Range<Int>
    let memberCount: Int

    private static let signature: UInt32 = 0x0605_4B50
    private static let size = 22
    private static let locatorSignature: UInt32 = 0x0706_4B50
    private static let locatorSize = 20
    private static let wideSignature: UInt32 = 0x0606_4B50
    private static let wideSize = 56
    private static let longestComment = 0xFFFF

    init(_ source: some RandomAccessBytes) throws(WheelError.Cause) {
        let length = min(
            source.count, Self.size + Self.longestComment + Self.locatorSize + Self.wideSize)
        let start = source.count - length
        let tail = try source.bytes(start..<source.count)
        let end = try tail.withRawBytes { bytes throws(WheelError.Cause) in
            do throws(ZipFault) {
                return try Self.parse(LittleEndianBytes(bytes), from: start)
            } catch .notAZip {
                throw .zip(try Self.beginsAsZip(source) ? .truncated : .notAZip)
            } catch {
                throw .zip(error)
            }
        }
        directory = end.directory
        memberCount = end.memberCount
    }

    private static func parse(
        _ tail: LittleEndianBytes, from start: Int
    ) throws(ZipFault) -> (directory: Range<Int>, memberCount: Int) {
        let place = try find(tail)
        for disk in [try tail.uint16(place + 4), try tail.uint16(place + 6)] {
            guard disk == 0 || disk == 0xFFFF else { throw .severalDisks }
        }
        let membersHere = try tail.uint16(place + 8)
        let members = try tail.uint16(place + 10)
        let size = try tail.uint32(place + 12)
        let offset = try tail.uint32(place + 16)
        let end = start + place
        // Where the short record is true by itself, something that looks like a long one is a part of the directory.
        if offset + size == end {
            guard membersHere == members else { throw .severalDisks }
            return (offset..<end, members)
        }
        let locator = place - locatorSize
        guard locator >= 0, try tail.number(UInt32.self, at: locator) == locatorSignature else {
            throw .inconsistentDirectory
        }
        guard try tail.uint32(locator + 4) == 0, try tail.uint32(locator + 16) <= 1 else {
            throw .severalDisks
        }
        let wide = try tail.uint64(locator + 8) - start
        // The record may have been made longer by extensions; nobody does so by more than a few bytes.
        guard wide >= 0, wide <= locator - wideSize,
            try tail.number(UInt32.self, at: wide) == wideSignature,
            try tail.uint64(wide + 4) == locator - wide - 12
        else { throw .inconsistentDirectory }
        guard try tail.uint32(wide + 16) == 0, try tail.uint32(wide + 20) == 0,
            try tail.uint64(wide + 24) == tail.uint64(wide + 32)
        else { throw .severalDisks }
        let wideMembers = try tail.uint64(wide + 32)
        let wideSizeOfDirectory = try tail.uint64(wide + 40)
        let wideOffset = try tail.uint64(wide + 48)
        let (wideEnd, overflow) = wideOffset.addingReportingOverflow(wideSizeOfDirectory)
        guard !overflow, wideEnd == start + wide,
            members == wideMembers || members == 0xFFFF,
            size == wideSizeOfDirectory || size == 0xFFFF_FFFF,
            offset == wideOffset || offset == 0xFFFF_FFFF
        else { throw .inconsistentDirectory }
        return (wideOffset..<wideEnd, wideMembers)
    }

    /// The only end record whose comment reaches exactly to the end of the file.
    private static func find(_ tail: LittleEndianBytes) throws(ZipFault) -> Int {
        var found: Int?
        var sawOther = false
        guard tail.count >= size else { throw .notAZip }
        var place = tail.count - size
        let last = max(0, tail.count - size - longestComment)
        while place >= last {
            if tail.bytes[place] == UInt8(ascii: "P"), try tail.number(UInt32.self, at: place) == signature {
                if try tail.uint16(place + 20) == tail.count - size - place {
                    // The first one found is nearest to the end; a second one would be an end with a comment.
                    guard found == nil else { throw .ambiguousEnd }
                    found = place
                } else {
                    sawOther = true
                }
            }
            place -= 1
        }
        if let found { return found }
        throw sawOther ? .trailingBytes : .notAZip
    }

    /// A file that begins as a zip file does, and has no end, was cut off.
    private static func beginsAsZip(_ source: some RandomAccessBytes) throws(WheelError.Cause) -> Bool {
        guard source.count >= 4 else { return false }
        return try source.bytes(0..<4) == [0x50, 0x4B, 0x03, 0x04]
    }
}
