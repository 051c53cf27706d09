import MetricText

/// Reads TOML (toml.io, version 1.0) into a tree of parameters.
///
/// Text of any kind gives a tree or a problem with its line; nesting is bounded. Dates and times stay text.
struct TOMLReader {
    struct Problem: Error {
        let line: Int
        let reason: String
    }

    private let bytes: [UInt8]
    private var next = 0
    private var line = 1

    static func read(_ text: String) throws(Problem) -> ParameterNode {
        var reader = TOMLReader(bytes: Array(text.utf8))
        return try reader.document()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
    }

    private mutating func document() throws(Problem) -> ParameterNode {
        let root = TOMLTree()
        var table = root
        while true {
            try skipBlank()
            guard let byte = current else { return root.node }
            if byte == UInt8(ascii: "[") {
                advance()
                let isArray = take(UInt8(ascii: "["))
                let path = try key()
                for _ in 0..<(isArray ? 2 : 1) { try expect(UInt8(ascii: "]"), "a ] after the name of the table") }
                table = try checked { () throws(TOMLTree.Clash) in try root.table(at: path, appending: isArray) }
            } else {
                try pair(into: table, depth: 0)
            }
            skipSpace()
            if current == UInt8(ascii: "#") { continue }
            if let byte = current, byte != 10, !isCRLF {
                throw problem("something stands behind the end of the line's value")
            }
        }
    }

    private mutating func pair(into table: TOMLTree, depth: Int) throws(Problem) {
        let path = try key()
        try expect(UInt8(ascii: "="), "a = after the name")
        let value = try value(depth: depth)
        try checked { () throws(TOMLTree.Clash) in try table.insert(value, at: path) }
    }

    private mutating func key() throws(Problem) -> [String] {
        var path: [String] = []
        repeat {
            skipSpace()
            guard let byte = current else { throw problem("a name is missing") }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                path.append(try string(byte, mayBeLong: false))
            } else {
                let start = next
                while let byte = current, Self.isBare(byte) { advance() }
                guard next > start else { throw problem("a name is missing") }
                path.append(String(decoding: bytes[start..<next], as: UTF8.self))
            }
            guard path.count <= ParameterTree.deepest else { throw problem("it is nested too deeply") }
            skipSpace()
        } while take(UInt8(ascii: "."))
        return path
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(Problem) -> ParameterNode {
        guard depth < ParameterTree.deepest else { throw problem("it is nested too deeply") }
        skipSpace()
        switch current {
        case UInt8(ascii: "\"")?: return .string(try string(UInt8(ascii: "\""), mayBeLong: true))
        case UInt8(ascii: "'")?: return .string(try string(UInt8(ascii: "'"), mayBeLong: true))
        case UInt8(ascii: "[")?: return try array(depth: depth)
        case UInt8(ascii: "{")?: return try inlineTable(depth: depth)
        default: return try word()
        }
    }

    private mutating func array(depth: Int) throws(Problem) -> ParameterNode {
        advance()
        var values: [ParameterNode] = []
        while true {
            try skipBlank()
            if take(UInt8(ascii: "]")) { return .list(values) }
            values.append(try value(depth: depth + 1))
            try skipBlank()
            if !take(UInt8(ascii: ",")), current != UInt8(ascii: "]") {
                throw problem("a , or ] is missing in the array")
            }
        }
    }

    private mutating func inlineTable(depth: Int) throws(Problem) -> ParameterNode {
        advance()
        let table = TOMLTree()
        try skipBlank()
        while !take(UInt8(ascii: "}")) {
            try pair(into: table, depth: depth + 1)
            try skipBlank()
            if take(UInt8(ascii: ",")) {
                try skipBlank()
            } else if current != UInt8(ascii: "}") {
                throw problem("a , or } is missing in the table")
            }
        }
        return table.node
    }

    /// A number, a boolean, a date or a time.
    private mutating func word() throws(Problem) -> ParameterNode {
        let start = next
        while let byte = current, Self.isBare(byte) || "+.:".utf8.contains(byte) { advance() }
        // A date may be parted from its time by a space.
        if next - start == 10, bytes[start..<next].filter({ $0 == UInt8(ascii: "-") }).count == 2, current == 32,
            bytes[next...].dropFirst().first.map({ (48...57).contains($0) }) == true
        {
            advance()
            while let byte = current, Self.isBare(byte) || "+.:".utf8.contains(byte) { advance() }
        }
        let text = String(decoding: bytes[start..<next], as: UTF8.self)
        let plain = text.filter { $0 != "_" }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where plain.hasPrefix(prefix) {
            if let number = Int64(plain.dropFirst(2), radix: radix) { return .integer(number) }
        }
        switch ParameterNode(typing: plain) {
        case .string where ["inf", "+inf", "-inf", "nan", "+nan", "-nan"].contains(text): return .string(text)
        case .string where text.first?.isNumber == true && (text.contains(":") || text.contains("-")):
            return .string(text)
        case .string: throw problem(text.isEmpty ? "a value is missing" : "\(text.prefix(40)) is no value; quote text")
        case let value: return value
        }
    }

    // MARK: Strings

    private mutating func string(_ quote: UInt8, mayBeLong: Bool) throws(Problem) -> String {
        let first = line
        let isLong = mayBeLong && bytes[next...].starts(with: [quote, quote, quote])
        for _ in 0..<(isLong ? 3 : 1) { advance() }
        if isLong, !take(10), isCRLF { for _ in 0..<2 { advance() } }
        var text: [UInt8] = []
        while let byte = current {
            if byte == quote {
                guard isLong else {
                    advance()
                    return String(decoding: text, as: UTF8.self)
                }
                let run = bytes[next...].prefix(5).prefix { $0 == quote }.count
                for _ in 0..<run { advance() }
                // Up to two quotes may stand before the three that close.
                text += repeatElement(quote, count: run >= 3 ? run - 3 : run)
                if run >= 3 { return String(decoding: text, as: UTF8.self) }
            } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                advance()
                text += try escape(isLong: isLong)
            } else if byte == 10, !isLong {
                break
            } else {
                text.append(byte)
                advance()
            }
        }
        throw Problem(line: first, reason: "the text is not closed")
    }

    private mutating func escape(isLong: Bool) throws(Problem) -> [UInt8] {
        guard let byte = current else { throw problem("the text is not closed") }
        advance()
        switch byte {
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [byte]
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let digits = bytes[next...].prefix(byte == UInt8(ascii: "u") ? 4 : 8)
            guard let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(code)
            else { throw problem("an escape without a character") }
            for _ in digits { advance() }
            return Array(String(scalar).utf8)
        case 10, 13, 32, 9:
            guard isLong else { throw problem("an escape that is not known") }
            while let byte = current, [9, 10, 13, 32].contains(byte) { advance() }
            return []
        default: throw problem("an escape that is not known")
        }
    }

    // MARK: Bytes

    private var current: UInt8? { next < bytes.count ? bytes[next] : nil }
    private var isCRLF: Bool { bytes[next...].starts(with: [13, 10]) }

    private static func isBare(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "_-".utf8.contains(byte)
    }

    private mutating func advance() {
        guard next < bytes.count else { return }
        if bytes[next] == 10 { line += 1 }
        next += 1
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        advance()
        return true
    }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(Problem) {
        skipSpace()
        guard take(byte) else { throw problem("\(what) is missing") }
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 32 || byte == 9 { advance() }
    }

    /// Passes spaces, line ends and comments.
    private mutating func skipBlank() throws(Problem) {
        while let byte = current {
            if byte == UInt8(ascii: "#") {
                while let byte = current, byte != 10 { advance() }
            } else if byte == 32 || byte == 9 || byte == 10 || isCRLF {
                advance()
            } else {
                return
            }
        }
    }

    private func problem(_ reason: String) -> Problem { Problem(line: line, reason: reason) }

    private func checked<Value>(_ body: () throws(TOMLTree.Clash) -> Value) throws(Problem) -> Value {
        do { return try body() } catch { throw problem("\(error.name) stands here twice") }
    }
}
