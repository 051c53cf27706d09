import Glibc
import HostSystem

/// One request to a daemon and its answer, on a connection of its own, so that a stream which is handed over, or read
/// for days, is in nobody's way.
final class DaemonConnection: @unchecked Sendable {
    private let socket: Descriptor
    private let place: String
    private var pending: [UInt8] = []
    private var start = 0
    private(set) var head: AnswerHead
    /// What is left of a sized body, or of a chunk.
    private var left = 0
    private var isAtEnd = false

    /// Sends a request and reads the head of the answer.
    ///
    /// - Parameter patience: seconds without a byte after which an answer's head is given up; nil waits for ever.
    init(
        _ address: DaemonAddress, _ method: String, _ target: String, headers: [(String, String)] = [],
        body: [UInt8] = [], patience: Int? = 60
    ) throws {
        socket = try address.connect()
        place = "\(address)"
        var text = "\(method) \(target) HTTP/1.1\r\nHost: bunsen\r\nUser-Agent: bunsen\r\n"
        if !headers.contains(where: { $0.0 == "Upgrade" }) { text += "Connection: close\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if !body.isEmpty || method == "POST" { text += "Content-Length: \(body.count)\r\n" }
        Self.wait(socket, seconds: patience ?? 0)
        head = AnswerHead.none
        try send(Array("\(text)\r\n".utf8) + body)
        repeat { head = try readHead(method) } while head.status == 100
        switch head.body {
        case .none: isAtEnd = true
        case .sized(let length): left = length
        case .chunked, .untilEnd: break
        }
    }

    /// Waits for ever from now on, for answers that come when something happens.
    func becomePatient() { Self.wait(socket, seconds: 0) }

    /// Ends a read that another thread waits in.
    func interrupt() { shutdown(socket.number, Int32(SHUT_RDWR)) }

    // MARK: A connection that was handed over

    /// For poll(2).
    var number: Int32 { socket.number }

    /// Writes as much as there is room for.
    ///
    /// - Returns: how many bytes; nil when nobody reads them any more.
    func sendSome(_ bytes: ArraySlice<UInt8>) -> Int? {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        let count = bytes.withUnsafeBytes { buffer in
            retryingInterrupts { Glibc.send(socket.number, buffer.baseAddress, buffer.count, flags) }
        }
        if count >= 0 { return count }
        return errno == EAGAIN ? 0 : nil
    }

    /// Nothing more will be written; the other side reads an end.
    func endSending() { shutdown(socket.number, Int32(SHUT_WR)) }

    private static func wait(_ socket: Descriptor, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket.number, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// The next bytes of the body; empty at its end.
    func read() throws -> [UInt8] {
        guard !isAtEnd else { return [] }
        switch head.body {
        case .none: return []
        case .untilEnd:
            let bytes = try take(64 << 10)
            if bytes.isEmpty { isAtEnd = true }
            return bytes
        case .sized:
            let bytes = try takeSome(of: &left)
            if left == 0 { isAtEnd = true }
            return bytes
        case .chunked:
            if left == 0 {
                left = try readChunkSize()
                if left == 0 {
                    isAtEnd = true
                    return []
                }
            }
            let bytes = try takeSome(of: &left)
            if left == 0 { _ = try readLine() }
            return bytes
        }
    }

    func readAll(limit: Int) throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let bytes = try read()
            if bytes.isEmpty { return all }
            guard bytes.count <= limit - all.count else {
                throw EngineError("read from", place, .badAnswer("the answer has more than \(limit) bytes"))
            }
            all += bytes
        }
    }

    private func takeSome(of count: inout Int) throws -> [UInt8] {
        let bytes = try take(count)
        guard !bytes.isEmpty else { throw EngineError("read from", place, .badAnswer("the answer was cut off")) }
        count -= bytes.count
        return bytes
    }

    private func readChunkSize() throws -> Int {
        let line = try readLine()
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        guard (1...8).contains(digits.count), let size = Int(String(decoding: digits, as: UTF8.self), radix: 16),
            size >= 0
        else { throw EngineError("read from", place, .badAnswer("a chunk has no size")) }
        return size
    }

    private func readLine() throws -> [UInt8] {
        var line: [UInt8] = []
        while true {
            let bytes = try take(1)
            guard let byte = bytes.first else {
                throw EngineError("read from", place, .badAnswer("the answer was cut off"))
            }
            if byte == 10 { return line.last == 13 ? Array(line.dropLast()) : line }
            line.append(byte)
            guard line.count <= 1024 else { throw EngineError("read from", place, .badAnswer("a line is too long")) }
        }
    }

    private func readHead(_ method: String) throws -> AnswerHead {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
            guard let byte = try take(1).first else {
                throw EngineError(
                    "read from", place, .badAnswer(bytes.isEmpty ? "it hung up" : "the answer was cut off"))
            }
            bytes.append(byte)
            guard bytes.count <= AnswerHead.sizeLimit else {
                throw EngineError("read from", place, .badAnswer("the answer's head is too long"))
            }
        }
        guard let head = AnswerHead(bytes[...], method: method) else {
            throw EngineError("read from", place, .badAnswer("what answers there is not HTTP"))
        }
        return head
    }

    /// Up to `most` bytes; empty at the end of the connection.
    private func take(_ most: Int) throws -> [UInt8] {
        if start == pending.count {
            pending.removeAll(keepingCapacity: true)
            start = 0
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            let count = chunk.withUnsafeMutableBytes { buffer in
                retryingInterrupts { recv(socket.number, buffer.baseAddress, buffer.count, 0) }
            }
            guard count >= 0 else {
                throw SystemError("read from", place, code: errno == EAGAIN ? ETIMEDOUT : errno)
            }
            pending += chunk[..<count]
        }
        let end = min(pending.count, start + min(most, pending.count))
        defer { start = end }
        return Array(pending[start..<end])
    }

    private func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { buffer in
                retryingInterrupts { Glibc.send(socket.number, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL)) }
            }
            guard count > 0 else { throw SystemError("write to", place) }
            rest = rest.dropFirst(count)
        }
    }
}

extension AnswerHead {
    fileprivate static let none = AnswerHead(status: 0, headers: [:], body: .none)

    private init(status: Int, headers: [String: String], body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
