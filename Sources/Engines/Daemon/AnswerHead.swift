/// The head of an HTTP/1.1 answer (RFC 9112), from everything up to the empty line.
struct AnswerHead: Sendable, Hashable {
    enum Body: Sendable, Hashable {
        case none
        case sized(Int)
        case chunked
        /// Everything until the connection ends, or for ever, where the daemon has handed its connection over.
        case untilEnd
    }

    static let sizeLimit = 64 << 10

    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: Body

    /// Nil for what is no such head.
    init?(_ bytes: ArraySlice<UInt8>, method: String) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: true)
        guard let first = lines.first else { return nil }
        let words = first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3, let status = Int(words[1]),
            (100...599).contains(status)
        else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return nil }
            let value = line[line.index(after: colon)...]
            headers[line[..<colon].lowercased()] = String(value.drop { $0 == " " || $0 == "\t" })
        }
        self.status = status
        self.headers = headers
        if method == "HEAD" || status == 204 || status == 304 {
            body = .none
        } else if status == 101 {
            body = .untilEnd
        } else if headers["transfer-encoding"]?.lowercased() == "chunked" {
            body = .chunked
        } else if let text = headers["content-length"] {
            guard let length = Int(text), length >= 0 else { return nil }
            body = length == 0 ? .none : .sized(length)
        } else {
            body = .untilEnd
        }
    }
}
