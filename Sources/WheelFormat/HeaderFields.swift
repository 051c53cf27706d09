/// The fields of a WHEEL or METADATA file: `Name: value` lines up to the first empty one, as in mail (RFC 822).
package struct HeaderFields: Sendable {
    /// In the order of the file; the name in lower case.
    package let fields: [(name: String, value: String)]

    /// Lines that are no field are passed over, as Python's reader does; what counts is whether the fields that are
    /// needed are there.
    package init(parsing bytes: [UInt8]) {
        var fields: [(name: String, value: String)] = []
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        while !rest.isEmpty {
            let end = rest.firstIndex { $0 == 10 } ?? rest.endIndex
            var line = rest[..<end]
            rest = rest[min(end + 1, rest.endIndex)...]
            if line.last == 13 { line.removeLast() }
            if line.isEmpty { break }
            if line.first == 32 || line.first == 9 {
                // A continuation of the value before.
                if let last = fields.indices.last { fields[last].value += " \(Self.text(line))" }
                continue
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            fields.append((Self.text(line[..<colon]).lowercased(), Self.text(line[(colon + 1)...])))
        }
        self.fields = fields
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let isSpace = { (byte: UInt8) in byte == 32 || byte == 9 || byte == 13 }
        var trimmed = bytes.drop(while: isSpace)
        while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
        return String(decoding: trimmed, as: UTF8.self)
    }

    package func all(_ name: String) -> [String] {
        fields.filter { $0.name == name.lowercased() }.map(\.value)
    }

    /// The value of a field that must come exactly once.
    func only(_ name: String, in file: String) throws(WheelError.Cause) -> String {
        let values = all(name)
        guard let value = values.first, values.count == 1, !value.isEmpty else {
            throw .metadata(values.isEmpty ? "\(file) has no \(name)" : "\(file) has no single \(name)")
        }
        return value
    }
}
