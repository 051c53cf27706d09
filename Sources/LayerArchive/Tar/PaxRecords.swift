/// What pax headers and GNU's long names say of one entry.
struct PaxRecords {
    private static let limit = 4096

    private let records: [String: [UInt8]]
    private let longName: [UInt8]?
    private let longTarget: [UInt8]?

    init(_ records: [String: [UInt8]], longName: [UInt8]?, longTarget: [UInt8]?) throws(LayerArchiveError.Cause) {
        if records.keys.contains(where: { $0.hasPrefix("GNU.sparse.") }) { throw .unsupported("a sparse file") }
        self.records = records
        self.longName = longName
        self.longTarget = longTarget
    }

    var path: String? {
        get throws(LayerArchiveError.Cause) { try (records["path"] ?? longName).map(Self.text) }
    }

    var linkTarget: String? {
        get throws(LayerArchiveError.Cause) { try (records["linkpath"] ?? longTarget).map(Self.text) }
    }

    /// A decimal number; fractions of a second are dropped.
    func number(_ key: String) throws(LayerArchiveError.Cause) -> Int? {
        guard let bytes = records[key], !bytes.isEmpty else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let number = Int(text.prefix { $0 != "." }) else { throw .invalidHeader("\(key) is not a number") }
        return number
    }

    var attributes: [String: [UInt8]] {
        var attributes: [String: [UInt8]] = [:]
        for (key, value) in records where key.hasPrefix(TarFormat.attributePrefix) {
            attributes[String(key.dropFirst(TarFormat.attributePrefix.count))] = value
        }
        return attributes
    }

    static func text(_ bytes: some Collection<UInt8>) throws(LayerArchiveError.Cause) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        return text
    }

    /// Reads `LENGTH KEY=VALUE` lines. An empty value takes a record away.
    static func parse(_ bytes: [UInt8], into records: inout [String: [UInt8]]) throws(LayerArchiveError.Cause) {
        var rest = bytes[...]
        while let first = rest.first, first != 0 {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty, digits.count <= 7, let length = Int(String(decoding: digits, as: UTF8.self)),
                length > digits.count + 3, length <= rest.count
            else { throw .invalidHeader("an extended header is damaged") }
            let record = rest.prefix(length)
            rest = rest.dropFirst(length)
            guard record.last == UInt8(ascii: "\n"), record[record.startIndex + digits.count] == 0x20 else {
                throw .invalidHeader("an extended header is damaged")
            }
            let pair = record.dropFirst(digits.count + 1).dropLast()
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else {
                throw .invalidHeader("an extended header is damaged")
            }
            let key = try text(pair[..<equals])
            let value = Array(pair[(equals + 1)...])
            records[key] = value.isEmpty ? nil : value
            guard records.count <= limit else { throw .tooLarge(what: "an extended header", limit: limit) }
        }
    }

    /// Adds records that others override.
    static func merge(_ global: [String: [UInt8]], under records: inout [String: [UInt8]]) {
        records.merge(global) { own, _ in own }
    }
}
