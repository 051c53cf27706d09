/// A RECORD: every file of an installed or a packed distribution with its digest and size, in CSV (PEP 376, PEP 627).
package struct RecordFile: Sendable, Equatable {
    package struct Row: Sendable, Hashable {
        /// From the folder that holds the `.dist-info` folder, with "/" between parts.
        package let path: String
        package let digest: RecordDigest?
        package let size: Int?

        package init(path: String, digest: RecordDigest?, size: Int?) {
            self.path = path
            self.digest = digest
            self.size = size
        }
    }

    package var rows: [Row]

    package init(rows: [Row]) {
        self.rows = rows
    }

    /// Reads the RECORD of a wheel. Rows that name folders are left out.
    package init(parsing bytes: [UInt8]) throws(RecordFault) {
        var rows: [Row] = []
        var reader = CSVReader(bytes)
        while let (line, fields) = try reader.nextRow() {
            guard fields.count == 3 else { throw .malformed(line: line) }
            if fields[0].utf8.last == UInt8(ascii: "/") { continue }
            let fault = Array(fields[0].utf8).withRawBytes { path in MemberPath.fault(in: path) }
            guard fault == nil, fields[0].utf8.count <= MemberPath.longestPath else {
                throw .badPath(line: line)
            }
            var size: Int?
            if !fields[2].isEmpty {
                guard let number = Int(fields[2]), number >= 0 else { throw .badSize(line: line) }
                size = number
            }
            rows.append(Row(path: fields[0], digest: try Self.digest(fields[1], line), size: size))
        }
        self.rows = rows
    }

    private static func digest(_ text: String, _ line: Int) throws(RecordFault) -> RecordDigest? {
        if text.isEmpty { return nil }
        guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw .badDigest(line: line)
        }
        guard let algorithm = RecordDigest.Algorithm(rawValue: text[..<sign].lowercased()) else {
            throw .weakDigest(line: line, algorithm: String(text[..<sign]))
        }
        do throws(RecordDigest.Malformed) {
            return try RecordDigest(algorithm: algorithm, base64: text[text.utf8.index(after: sign)...])
        } catch {
            throw .badDigest(line: line)
        }
    }

    /// The file's bytes: a line for each row, in their order.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for row in rows {
            bytes += Self.field(row.path)
            bytes.append(UInt8(ascii: ","))
            if let digest = row.digest { bytes += digest.text.utf8 }
            bytes.append(UInt8(ascii: ","))
            if let size = row.size { bytes += String(size).utf8 }
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    private static func field(_ text: String) -> [UInt8] {
        guard text.utf8.contains(where: { CSVReader.isFieldEnd($0) || $0 == UInt8(ascii: "\"") }) else {
            return Array(text.utf8)
        }
        return Array("\"\(text.replacing("\"", with: "\"\""))\"".utf8)
    }
}

/// Rows of CSV as Python's `csv` module writes them: fields in quotes may hold commas, line ends and doubled quotes.
struct CSVReader {
    private let bytes: [UInt8]
    private var place = 0
    private var line = 1

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
    }

    /// The next row that is not empty, with the number of its line; nil at the end.
    mutating func nextRow() throws(RecordFault) -> (line: Int, fields: [String])? {
        while place < bytes.count, bytes[place] == 10 || bytes[place] == 13 { passLineEnd() }
        guard place < bytes.count else { return nil }
        let start = line
        var fields: [String] = []
        while true {
            // A row of more fields is wrong whatever they hold.
            guard fields.count < 8 else { throw .malformed(line: start) }
            fields.append(try field(start))
            guard place < bytes.count else { return (start, fields) }
            if bytes[place] == UInt8(ascii: ",") {
                place += 1
                continue
            }
            passLineEnd()
            return (start, fields)
        }
    }

    private mutating func passLineEnd() {
        if bytes[place] == 13, place + 1 < bytes.count, bytes[place + 1] == 10 { place += 1 }
        place += 1
        line += 1
    }

    /// Ends at a comma, a line end or the end.
    private mutating func field(_ row: Int) throws(RecordFault) -> String {
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
            let start = place
            while place < bytes.count, !Self.isFieldEnd(bytes[place]) { place += 1 }
            return try text(bytes[start..<place], row)
        }
        place += 1
        var content: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") {
                guard place < bytes.count, bytes[place] == byte else {
                    guard place == bytes.count || Self.isFieldEnd(bytes[place]) else {
                        throw .malformed(line: row)
                    }
                    return try text(content[...], row)
                }
                place += 1
            }
            if byte == 10 { line += 1 }
            content.append(byte)
        }
        throw .malformed(line: row)
    }

    static func isFieldEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == 10 || byte == 13
    }

    private func text(_ bytes: ArraySlice<UInt8>, _ row: Int) throws(RecordFault) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed(line: row) }
        return text
    }
}
