import CCurl
import HostSystem

/// What libcurl's callbacks work on while one request is under way.
final class CurlTransfer {
    private let request: HTTPRequest
    private var body: (any ByteReader)?
    private var sent: Int64 = 0
    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    /// The last line of the final answer's header was seen.
    private(set) var hasHead = false
    private var headerBytes = 0
    /// Bytes of the answer that nobody has read yet, from `start` on.
    private var buffer: [UInt8] = []
    private var start = 0
    private(set) var received: Int64 = 0
    /// An error of ours that ended the transfer from within a callback.
    private(set) var failure: (any Error)?
    /// When a byte last went either way.
    var lastActivity = monotonicSeconds()

    init(_ request: HTTPRequest) { self.request = request }

    var hasBytes: Bool { start < buffer.count }

    func take(into target: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(target.count, buffer.count - start)
        buffer.withUnsafeBytes { source in
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<(start + count)]))
        }
        start += count
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        }
        return count
    }

    /// One line of a header. Answers before the final one (100, 103) are passed over; so are trailers.
    func header(_ line: UnsafeRawBufferPointer) -> Bool {
        lastActivity = monotonicSeconds()
        headerBytes &+= line.count
        guard headerBytes <= 512 << 10 else { return false }
        let text = String(decoding: line, as: UTF8.self).trimmed
        if text.hasPrefix("HTTP/"), !hasHead {
            let fields = text.split(separator: " ", maxSplits: 2)
            status = fields.count > 1 ? Int(fields[1]) ?? 0 : 0
            headers = HTTPHeaders()
        } else if text.isEmpty {
            hasHead = hasHead || status >= 200
        } else if !hasHead, let colon = text.firstIndex(of: ":") {
            headers.append(text[..<colon].trimmed, text[text.index(after: colon)...].trimmed)
        }
        return true
    }

    func receive(_ bytes: UnsafeRawBufferPointer) {
        lastActivity = monotonicSeconds()
        received &+= Int64(bytes.count)
        buffer.append(contentsOf: bytes)
    }

    /// Nil after an error.
    func send(into target: UnsafeMutableRawBufferPointer) -> Int? {
        defer { lastActivity = monotonicSeconds() }
        guard let source = request.body else { return 0 }
        do {
            let reader = try body ?? source.open()
            body = reader
            let wanted = min(Int(clamping: source.size - sent), target.count)
            let count =
                wanted == 0 ? 0 : try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: target[..<wanted]))
            if wanted > 0, count == 0 { throw BodyTooShort(missing: source.size - sent) }
            sent += Int64(count)
            request.onSent?(sent)
            return count
        } catch {
            failure = error
            return nil
        }
    }

    /// libcurl found out that the connection it wanted to use again is gone, and starts over.
    func rewind() {
        body = nil
        sent = 0
    }
}

/// A body has fewer bytes than were announced.
struct BodyTooShort: Error, CustomStringConvertible {
    let missing: Int64
    var description: String { "what is sent ends \(missing) bytes too early" }
}
