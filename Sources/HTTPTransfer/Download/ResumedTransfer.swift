import HostSystem

/// Where the bytes of a transfer gather, perhaps over several processes.
package protocol ResumableFile: AnyObject {
    /// Bytes that are there.
    var count: Int64 { get }
    func write(_ bytes: UnsafeRawBufferPointer) throws
    /// Forgets what is there.
    func restart() throws
}

/// Brings a file to its end over cut connections, with range requests (RFC 9110, section 14).
///
/// Verifying the content is the caller's: the digest tells whether what an earlier process left was its beginning.
package struct ResumedTransfer: Sendable {
    package var address: WebAddress
    package var headers: HTTPHeaders = [:]
    /// Bytes of the whole; nil when not known beforehand.
    package var size: Int64?
    /// The server's mark of the version that the file's beginning belongs to.
    package var validator: String?
    /// Whether a beginning without such a mark may be continued. True where a digest is checked at the end.
    package var continuesUnmarked = true
    package var cancellation: Cancellation?
    package var attemptsWithoutProgress = 5

    package enum Event: Sendable {
        /// `size` is nil while it is unknown.
        case progress(received: Int64, size: Int64?)
        /// The connection was lost; the transfer goes on from here.
        case resumed(received: Int64, HTTPTransferError)
        /// A whole answer begins: earlier bytes are gone, and this is the mark of its version.
        case began(validator: String?)
    }

    package init(_ address: WebAddress) { self.address = address }

    /// Fetches what is missing.
    ///
    /// - Returns: the bytes that came over the network.
    package func run(_ client: HTTPClient, into file: any ResumableFile, _ onEvent: (Event) -> Void = { _ in }) throws
        -> Int64
    {
        var attempt = self
        var fetched: Int64 = 0
        var fruitless = 0
        while true {
            let before = file.count
            do {
                try attempt.fetchRest(client, file, &fetched, onEvent)
                return fetched
            } catch let error as HTTPTransferError where error.isPassing {
                fruitless = file.count > before ? 0 : fruitless + 1
                guard fruitless < attemptsWithoutProgress else { throw error }
                onEvent(.resumed(received: file.count, error))
            }
        }
    }

    private mutating func fetchRest(
        _ client: HTTPClient, _ file: any ResumableFile, _ fetched: inout Int64, _ onEvent: (Event) -> Void
    ) throws {
        if let size, file.count > size { try file.restart() }
        if let size, file.count == size, size > 0 { return }
        // Without a mark only a digest could tell whether the rest belongs to what is here.
        if file.count > 0, validator == nil, !continuesUnmarked { try file.restart() }
        var request = HTTPRequest("GET", address, headers: headers)
        request.cancellation = cancellation
        if file.count > 0 {
            request.headers.set("Range", "bytes=\(file.count)-")
            request.headers.set("If-Range", validator)
        }
        let exchange = try client.open(request)
        defer { exchange.close() }
        let total = try begin(exchange.head, file, onEvent)
        if let total, total == file.count { return }
        onEvent(.progress(received: file.count, size: total))
        try exchange.forEachPiece { piece in
            if let total, file.count + Int64(piece.count) > total {
                throw failed(.wrongSize(expected: total, found: file.count + Int64(piece.count)))
            }
            try file.write(piece)
            fetched += Int64(piece.count)
            onEvent(.progress(received: file.count, size: total))
        }
        if let total, file.count < total {
            throw failed(.cut(received: file.count, reason: "\(total) bytes were announced"))
        }
    }

    /// Settles where the answer's bytes belong.
    ///
    /// - Returns: the size of the whole file, where it is known.
    private mutating func begin(_ head: HTTPHead, _ file: any ResumableFile, _ onEvent: (Event) -> Void) throws
        -> Int64?
    {
        switch head.status {
        case 200:
            if file.count > 0 { try file.restart() }
            let announced = head.headers.size("Content-Length")
            if let size, let announced, announced != size {
                throw failed(.wrongSize(expected: size, found: announced))
            }
            // A weak mark does not promise equal bytes (RFC 9110, section 13.1.5).
            validator = head.headers["ETag"].flatMap { $0.hasPrefix("W/") ? nil : $0 } ?? head.headers["Last-Modified"]
            onEvent(.began(validator: validator))
            return size ?? announced
        case 206:
            guard let range = ContentRange(head.headers["Content-Range"] ?? ""), range.first == file.count else {
                throw failed(.badAnswer("it is not the part that was asked for"))
            }
            if let size, let total = range.total, total != size {
                throw failed(.wrongSize(expected: size, found: total))
            }
            return size ?? range.total
        case 416:
            // More is here than there, or exactly as much.
            let found = ContentRange(head.headers["Content-Range"] ?? "")?.total
            if found == file.count { return found }
            throw failed(.wrongSize(expected: found ?? 0, found: file.count))
        default:
            throw failed(.status(head.status, ""))
        }
    }

    private func failed(_ cause: HTTPTransferError.Cause) -> HTTPTransferError {
        HTTPTransferError(operation: "download", address: "\(address)", cause: cause)
    }
}
