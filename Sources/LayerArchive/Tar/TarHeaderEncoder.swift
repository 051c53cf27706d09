/// Writes tar headers: ustar, with a pax header before it where a value does not fit. The same entry gives the same
/// bytes everywhere.
package struct TarHeaderEncoder {
    package init() {}

    /// The blocks that come before an entry's content.
    package func header(of entry: TarEntry) throws(LayerArchiveError.Cause) -> [UInt8] {
        guard entry.size >= 0, entry.mode <= 0o7777, entry.userID >= 0, entry.groupID >= 0 else {
            throw .valueOutOfRange("a size, mode or owner")
        }
        var records: [(key: String, value: [UInt8])] = []
        var path = entry.path.isEmpty ? "./" : entry.path
        if entry.kind == .folder, !path.hasSuffix("/") { path += "/" }
        let place = split(path)
        if place == nil { records.append(("path", Array(path.utf8))) }
        var target = ""
        switch entry.kind {
        case .symbolicLink(let link), .hardLink(let link): target = link
        default: break
        }
        let fits = target.utf8.count <= TarFormat.linkTarget.count && target.utf8.allSatisfy { $0 < 0x80 }
        if !fits { records.append(("linkpath", Array(target.utf8))) }
        addNumber(entry.size, "size", 0o777_7777_7777, to: &records)
        addNumber(entry.userID, "uid", 0o777_7777, to: &records)
        addNumber(entry.groupID, "gid", 0o777_7777, to: &records)
        addNumber(entry.modified, "mtime", 0o777_7777_7777, to: &records)
        for (name, value) in entry.extendedAttributes { records.append((TarFormat.attributePrefix + name, value)) }

        var header = Header(entry, target: fits ? target : "")
        header.put(place?.name ?? ascii(path, TarFormat.name.count), TarFormat.name)
        header.put(place?.prefix ?? [], TarFormat.prefix)
        if records.isEmpty { return header.finished() }

        let text = paxText(records.sorted { LayerPath.precedes($0.key, $1.key) })
        var pax = Header(TarEntry("", .file, size: text.count, mode: 0o644), target: "")
        pax.put(ascii("PaxHeaders/\(path)", TarFormat.name.count), TarFormat.name)
        pax.put([UInt8(ascii: "x")], TarFormat.kind)
        return pax.finished() + text + [UInt8](repeating: 0, count: TarFormat.padding(text.count)) + header.finished()
    }

    /// What ends an archive: two blocks of zeros.
    package static let end = [UInt8](repeating: 0, count: 2 * TarFormat.blockSize)

    /// How many zeros follow a content of that size.
    package static func padding(_ size: Int) -> Int { TarFormat.padding(size) }

    private func addNumber(_ value: Int, _ key: String, _ limit: Int, to records: inout [(key: String, value: [UInt8])])
    {
        if value < 0 || value > limit { records.append((key, Array(String(value).utf8))) }
    }

    /// The two fields that hold a path, or nil where it needs a pax record.
    private func split(_ path: String) -> (prefix: [UInt8], name: [UInt8])? {
        let bytes = Array(path.utf8)
        guard bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
        if bytes.count <= TarFormat.name.count { return ([], bytes) }
        guard bytes.count <= TarFormat.prefix.count + 1 + TarFormat.name.count else { return nil }
        // The last slash that leaves a prefix that fits; a name is not empty.
        let last = min(TarFormat.prefix.count, bytes.count - 2)
        for index in stride(from: last, through: max(1, bytes.count - 1 - TarFormat.name.count), by: -1)
        where bytes[index] == UInt8(ascii: "/") {
            return (Array(bytes[..<index]), Array(bytes[(index + 1)...]))
        }
        return nil
    }

    /// For readers that do not know pax: the text with its other characters replaced, cut to size.
    private func ascii(_ text: String, _ count: Int) -> [UInt8] {
        text.utf8.prefix(count).map { $0 < 0x80 ? $0 : UInt8(ascii: "_") }
    }

    private func paxText(_ records: [(key: String, value: [UInt8])]) -> [UInt8] {
        var text: [UInt8] = []
        for (key, value) in records {
            // The length of a record counts its own digits.
            let rest = key.utf8.count + value.count + 3
            var length = rest + 1
            while length != rest + String(length).utf8.count { length = rest + String(length).utf8.count }
            text += "\(length) \(key)=".utf8
            text += value
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }
}

/// A header block in the making.
private struct Header {
    private var bytes = [UInt8](repeating: 0, count: TarFormat.blockSize)

    init(_ entry: TarEntry, target: String) {
        put(TarFormat.ustarMagic, TarFormat.magic)
        put(Int(entry.mode), TarFormat.mode)
        put(entry.userID, TarFormat.userID)
        put(entry.groupID, TarFormat.groupID)
        put(entry.kind == .file ? entry.size : 0, TarFormat.size)
        put(entry.modified, TarFormat.modified)
        put(Array(target.utf8), TarFormat.linkTarget)
        let letter: Character
        switch entry.kind {
        case .file: letter = "0"
        case .hardLink: letter = "1"
        case .symbolicLink: letter = "2"
        case .characterDevice(let major, let minor):
            letter = "3"
            put(major, TarFormat.deviceMajor)
            put(minor, TarFormat.deviceMinor)
        case .blockDevice(let major, let minor):
            letter = "4"
            put(major, TarFormat.deviceMajor)
            put(minor, TarFormat.deviceMinor)
        case .folder: letter = "5"
        case .pipe: letter = "6"
        }
        put(Array(String(letter).utf8), TarFormat.kind)
    }

    mutating func put(_ value: [UInt8], _ field: TarFormat.Field) {
        for (index, byte) in value.prefix(field.count).enumerated() { bytes[field.offset + index] = byte }
    }

    /// Octal digits and a zero byte. What does not fit is in a pax record, and zero here.
    private mutating func put(_ value: Int, _ field: TarFormat.Field) {
        var left = value >= 0 && value < 1 << (3 * (field.count - 1)) ? value : 0
        for index in stride(from: field.count - 2, through: 0, by: -1) {
            bytes[field.offset + index] = UInt8(ascii: "0") + UInt8(left & 7)
            left >>= 3
        }
    }

    consuming func finished() -> [UInt8] {
        let sum = bytes.withUnsafeBytes { TarFormat.checksum($0) }
        var digits = String(sum, radix: 8)
        digits = String(repeating: "0", count: 6 - digits.utf8.count) + digits
        put(Array(digits.utf8) + [0, 0x20], TarFormat.checksum)
        return bytes
    }
}
