import HostSystem

/// Brings one partial file to its end: over cut connections, with range requests.
struct FileTransfer {
    let client: HTTPClient
    let download: Download
    let headers: HTTPHeaders
    let cancellation: Cancellation
    let partial: PartialFile
    /// Bytes that came over the network.
    private(set) var fetched: Int64 = 0

    private static let attemptsWithoutProgress = 5

    init(
        client: HTTPClient, download: Download, headers: HTTPHeaders, cancellation: Cancellation, partial: PartialFile
    ) {
        self.client = client
        self.download = download
        self.headers = headers
        self.cancellation = cancellation
        self.partial = partial
    }

    /// Fetches what is missing, verifies the whole, and gives the file its name.
    mutating func run(_ onEvent: (DownloadEvent) -> Void) throws {
        var fruitless = 0
        while true {
            let before = partial.size
            do {
                try fetchRest(onEvent)
                break
            } catch let error as HTTPTransferError where error.isPassing {
                fruitless = partial.size > before ? 0 : fruitless + 1
                guard fruitless < Self.attemptsWithoutProgress else { throw error }
                onEvent(.resumed(download, received: partial.size, error))
            }
        }
        try verify()
        try partial.finish()
        unlinkValidator()
    }

    private mutating func fetchRest(_ onEvent: (DownloadEvent) -> Void) throws {
        if let size = download.size, partial.size > size { try partial.restart() }
        if let size = download.size, partial.size == size, size > 0 { return }
        var request = HTTPRequest("GET", download.address, headers: headers)
        request.cancellation = cancellation
        if partial.size > 0 {
            let validator = readValidator()
            // Without a digest only the server can tell whether the rest belongs to what is here.
            if download.sha256 == nil, validator == nil {
                try partial.restart()
            } else {
                request.headers.set("Range", "bytes=\(partial.size)-")
                request.headers.set("If-Range", validator)
            }
        }
        let exchange = try client.open(request)
        defer { exchange.close() }
        let total = try begin(exchange.head)
        onEvent(.progress(download, received: partial.size, size: total))
        try exchange.forEachPiece { piece in
            if let total, partial.size + Int64(piece.count) > total {
                throw download.failed(.wrongSize(expected: total, found: partial.size + Int64(piece.count)))
            }
            try partial.append(piece)
            fetched += Int64(piece.count)
            onEvent(.progress(download, received: partial.size, size: total))
        }
        if let total, partial.size < total {
            throw download.failed(.cut(received: partial.size, reason: "\(total) bytes were announced"))
        }
    }

    /// Settles where the answer's bytes belong.
    ///
    /// - Returns: the size of the whole file, where it is known.
    private mutating func begin(_ head: HTTPHead) throws -> Int64? {
        switch head.status {
        case 200:
            if partial.size > 0 { try partial.restart() }
            writeValidator(head)
            let announced = head.headers.size("Content-Length")
            if let size = download.size, let announced, announced != size {
                throw download.failed(.wrongSize(expected: size, found: announced))
            }
            return download.size ?? announced
        case 206:
            guard let range = ContentRange(head.headers["Content-Range"] ?? ""), range.first == partial.size else {
                throw download.failed(.badAnswer("it is not the part that was asked for"))
            }
            if let size = download.size, let total = range.total, total != size {
                throw download.failed(.wrongSize(expected: size, found: total))
            }
            return download.size ?? range.total
        case 416:
            // More is here than there: what is here is not the beginning of it.
            let found = ContentRange(head.headers["Content-Range"] ?? "")?.total
            if found == partial.size { return found }
            throw download.failed(.wrongSize(expected: found ?? 0, found: partial.size))
        default:
            throw download.failed(.status(head.status, ""))
        }
    }

    private func verify() throws {
        if let size = download.size, partial.size != size {
            throw download.failed(.wrongSize(expected: size, found: partial.size))
        }
        let found = partial.takeDigest()
        if let sha256 = download.sha256, found != sha256 {
            throw download.failed(.wrongDigest(expected: sha256, found: found))
        }
    }

    // The server's mark of the version, for a file without a known digest.
    private var validatorPath: String { "\(partial.path).tag" }

    private func readValidator() -> String? {
        (try? Files.readText(validatorPath, limit: 4096))?.trimmed
    }

    private func writeValidator(_ head: HTTPHead) {
        guard download.sha256 == nil else { return }
        unlinkValidator()
        // A weak mark does not promise equal bytes (RFC 9110, section 13.1.5).
        let tag = head.headers["ETag"].flatMap { $0.hasPrefix("W/") ? nil : $0 } ?? head.headers["Last-Modified"]
        if let tag { try? Files.write(tag, to: validatorPath) }
    }

    private func unlinkValidator() { try? Files.remove(validatorPath) }
}

/// `bytes 200-999/1000` and `bytes */1000` (RFC 9110, section 14.4).
package struct ContentRange: Sendable, Hashable {
    /// Nil in the second form.
    package let first: Int64?
    package let last: Int64?
    package let total: Int64?

    package init?(_ text: String) {
        let parts = text.trimmed.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
        let halves = parts[1].split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        total = Self.number(halves[1])
        if halves[1] != "*", total == nil { return nil }
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        if halves[0] == "*" {
            first = nil
            last = nil
            return
        }
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last,
            total.map({ last < $0 }) ?? true
        else { return nil }
        self.first = first
        self.last = last
    }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? Int64(text) : nil
    }
}
