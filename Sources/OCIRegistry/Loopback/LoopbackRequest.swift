/// The head of a request to the loopback registry: GET or HEAD, without a body.
struct LoopbackRequest: Sendable, Hashable {
    let method: String
    /// Without the query.
    let path: String
    /// The first and the last byte that are wanted, as in `Range: bytes=5-` and `bytes=5-9`; others are not honoured.
    let range: (first: Int64, last: Int64?)?
    let keepsConnection: Bool

    static let sizeLimit = 16384

    /// Nil for what is not a request head.
    ///
    /// - Parameter head: everything up to the empty line.
    init?(head: ArraySlice<UInt8>) {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: true)
        guard let first = lines.first else { return nil }
        let words = first.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[1].hasPrefix("/"), words[2].hasPrefix("HTTP/1.") else { return nil }
        method = String(words[0])
        path = String(words[1].prefix { $0 != "?" })
        var range: (Int64, Int64?)?
        var keeps = words[2] != "HTTP/1.0"
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            switch line[..<colon].lowercased() {
            case "range": range = Self.range(value)
            case "connection": keeps = value.lowercased() != "close" && keeps
            // A body would have to be read before the next request.
            case "transfer-encoding": keeps = false
            case "content-length": if value != "0" { keeps = false }
            default: break
            }
        }
        self.range = range
        keepsConnection = keeps
    }

    private static func range(_ text: Substring) -> (Int64, Int64?)? {
        guard text.hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        let isNumber = { (text: Substring) in !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) } }
        guard ends.count == 2, isNumber(ends[0]), let first = Int64(ends[0]) else { return nil }
        if ends[1].isEmpty { return (first, nil) }
        guard isNumber(ends[1]), let last = Int64(ends[1]), last >= first else { return nil }
        return (first, last)
    }

    static func == (left: LoopbackRequest, right: LoopbackRequest) -> Bool {
        left.method == right.method && left.path == right.path && left.range?.first == right.range?.first
            && left.range?.last == right.range?.last && left.keepsConnection == right.keepsConnection
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(method)
        hasher.combine(path)
    }
}

enum LoopbackAnswer: Sendable {
    case bytes([UInt8], type: String, headers: [(String, String)])
    case file(String, type: String, headers: [(String, String)])
    case failure(Int, code: String = "UNSUPPORTED")
}
