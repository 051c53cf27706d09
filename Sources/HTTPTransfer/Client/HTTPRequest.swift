/// One request. Sending it again must do no harm, unless `attempts` is 1.
package struct HTTPRequest: Sendable {
    package var method: String
    package var address: WebAddress
    package var headers: HTTPHeaders
    package var body: HTTPBody?
    /// How often the request is sent at most while answers are those of a busy server or a cut connection.
    package var attempts = 5
    /// Seconds without a byte in either direction after which the transfer has failed.
    package var stallTimeout: Double = 60
    /// Seconds for the whole of one attempt; nil for as long as bytes flow.
    package var totalTimeout: Double?
    package var cancellation: Cancellation?
    /// Told the bytes of the body sent so far; goes back when the body is sent again.
    package var onSent: (@Sendable (Int64) -> Void)?

    package init(_ method: String, _ address: WebAddress, headers: HTTPHeaders = [:], body: HTTPBody? = nil) {
        self.method = method
        self.address = address
        self.headers = headers
        self.body = body
    }
}

/// What a request carries: a known number of bytes that can be read again for each attempt.
package struct HTTPBody: Sendable {
    package let size: Int64
    package let open: @Sendable () throws -> any ByteReader

    package init(size: Int64, open: @escaping @Sendable () throws -> any ByteReader) {
        self.size = size
        self.open = open
    }

    package init(_ bytes: [UInt8]) {
        self.init(size: Int64(bytes.count)) { ArrayReader(bytes) }
    }

    /// A part of a file.
    package init(file path: String, from offset: Int64, size: Int64) {
        self.init(size: size) { try FileReader(path, from: offset, size: size) }
    }
}

/// The beginning of an answer.
package struct HTTPHead: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    /// Where the answer came from, after redirects.
    package let address: WebAddress

    package var succeeded: Bool { (200...299).contains(status) }
}

/// An answer with its whole body.
package struct HTTPResponse: Sendable {
    package let head: HTTPHead
    package let body: [UInt8]

    package init(head: HTTPHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    package var status: Int { head.status }
    package var headers: HTTPHeaders { head.headers }
    package var bodyText: String { String(decoding: body, as: UTF8.self) }
}
