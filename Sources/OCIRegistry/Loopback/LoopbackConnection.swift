import Glibc
import HTTPTransfer
import HostSystem

/// One connection of the loopback registry: requests one after the other, files streamed.
struct LoopbackConnection {
    private let socket: Descriptor
    private let onSent: @Sendable (Int) -> Void
    private var pending: [UInt8] = []

    /// Seconds that a client may take for a request, or for taking bytes.
    private static let patience = 60

    /// - Parameter onSent: told how many bytes of a file went out just now.
    init(_ socket: Descriptor, _ onSent: @escaping @Sendable (Int) -> Void) {
        self.socket = socket
        self.onSent = onSent
        var time = timeval(tv_sec: Self.patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket.number, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    consuming func serve(_ handler: LoopbackListener.Handler) {
        var connection = self
        while let head = connection.readHead() {
            guard let request = LoopbackRequest(head: head[...]) else {
                _ = connection.send(.failure(400), nil)
                return
            }
            let isRead = ["GET", "HEAD"].contains(request.method)
            guard connection.send(isRead ? handler(request) : .failure(405), request), request.keepsConnection else {
                return
            }
        }
    }

    /// Everything up to the empty line; nil at the end, and for what is too long to be a request.
    private mutating func readHead() -> [UInt8]? {
        var searched = 0
        while true {
            while searched + 3 < pending.count {
                if pending[searched..<(searched + 4)].elementsEqual([13, 10, 13, 10]) {
                    let head = Array(pending[..<(searched + 2)])
                    pending.removeFirst(searched + 4)
                    return head
                }
                searched += 1
            }
            // Pullers try TLS first, and wait for ten seconds unless they are refused at once.
            if let first = pending.first, !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) { return nil }
            guard pending.count < LoopbackRequest.sizeLimit else { return nil }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = chunk.withUnsafeMutableBytes { buffer in
                retryingInterrupts { recv(socket.number, buffer.baseAddress, buffer.count, 0) }
            }
            guard count > 0 else { return nil }
            pending += chunk[..<count]
        }
    }

    /// False when the connection is of no use any more.
    private func send(_ answer: LoopbackAnswer, _ request: LoopbackRequest?) -> Bool {
        let isHead = request?.method == "HEAD"
        switch answer {
        case .bytes(let bytes, let type, let headers):
            return sendHead("200 OK", type, Int64(bytes.count), headers, request)
                && (isHead || bytes.withUnsafeBytes { send($0) })
        case .failure(let status, let code):
            let body = Array("{\"errors\":[{\"code\":\"\(code)\",\"message\":\"not served here\"}]}".utf8)
            return sendHead("\(status) Error", "application/json", Int64(body.count), [], request)
                && (isHead || body.withUnsafeBytes { send($0) })
        case .file(let path, let type, let headers):
            guard let descriptor = try? Descriptor.open(path, O_RDONLY) else { return send(.failure(404), request) }
            var status = stat()
            guard fstat(descriptor.number, &status) == 0 else { return send(.failure(500), request) }
            return send(descriptor, Int64(status.st_size), type, headers, request)
        }
    }

    private func send(
        _ file: Descriptor, _ size: Int64, _ type: String, _ headers: [(String, String)], _ request: LoopbackRequest?
    ) -> Bool {
        var headers = headers + [("Accept-Ranges", "bytes")]
        var first: Int64 = 0
        var end = size
        var line = "200 OK"
        if let range = request?.range {
            guard range.first < size else {
                headers.append(("Content-Range", "bytes */\(size)"))
                return sendHead("416 Range Not Satisfiable", type, 0, headers, request)
            }
            first = range.first
            end = range.last.map { min($0, size - 1) + 1 } ?? size
            line = "206 Partial Content"
            headers.append(("Content-Range", "bytes \(first)-\(end - 1)/\(size)"))
        }
        guard sendHead(line, type, end - first, headers, request) else { return false }
        if request?.method == "HEAD" { return true }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512 << 10, alignment: 4096)
        defer { buffer.deallocate() }
        while first < end {
            let wanted = min(buffer.count, Int(clamping: end - first))
            let count = retryingInterrupts { pread(file.number, buffer.baseAddress, wanted, off_t(first)) }
            // The head is gone: all that can be said now is nothing.
            guard count > 0, send(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return false }
            first += Int64(count)
            onSent(count)
        }
        return true
    }

    private func sendHead(
        _ line: String, _ type: String, _ length: Int64, _ headers: [(String, String)], _ request: LoopbackRequest?
    ) -> Bool {
        var text = "HTTP/1.1 \(line)\r\nContent-Type: \(type)\r\nContent-Length: \(length)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if request?.keepsConnection != true { text += "Connection: close\r\n" }
        return Array("\(text)\r\n".utf8).withUnsafeBytes { send($0) }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = retryingInterrupts {
                Glibc.send(socket.number, part.baseAddress, part.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
