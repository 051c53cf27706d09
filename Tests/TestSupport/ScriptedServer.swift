import Glibc
import HostSystem
import Synchronization

/// An HTTP server on loopback that answers what a test wants, broken answers too: bytes go out as they are given.
package final class ScriptedServer: Sendable {
    package struct Request: Sendable {
        package let method: String
        /// Path and query.
        package let target: String
        /// Names in lower case.
        package let headers: [String: String]
        package let body: [UInt8]
        /// Counts all requests of this server, from 1.
        package let number: Int

        package init(
            method: String, target: String, headers: [String: String] = [:], body: [UInt8] = [], number: Int = 0
        ) {
            self.method = method
            self.target = target
            self.headers = headers
            self.body = body
            self.number = number
        }

        package var path: String { String(target.prefix { $0 != "?" }) }
    }

    package enum Action: Sendable {
        case bytes([UInt8])
        case pause(Double)
        /// Ends the connection at once, with a reset where bytes are unread.
        case cut
    }

    package typealias Handler = @Sendable (Request) -> [Action]

    package let port: Int
    private let listener: Descriptor
    private let handler: Handler
    /// How much of a request's body is read before the connection is cut; nil for all.
    private let bodyLimit: @Sendable (_ method: String, _ target: String, _ number: Int) -> Int?
    private let seen = Mutex<[Request]>([])
    private let count = Atomic(0)
    private let accepted = Atomic(0)
    private let isStopped = Atomic(false)

    package init(
        bodyLimit: @escaping @Sendable (String, String, Int) -> Int? = { _, _, _ in nil }, _ handler: @escaping Handler
    ) throws {
        (listener, port) = try Loopback.listen()
        self.handler = handler
        self.bodyLimit = bodyLimit
        startThread { [self] in accept() }
    }

    package var address: String { "http://127.0.0.1:\(port)" }

    /// What was asked so far.
    package var requests: [Request] { seen.withLock { $0 } }

    /// How many connections there were so far.
    package var connections: Int { accepted.load(ordering: .relaxed) }

    package func stop() {
        isStopped.store(true, ordering: .relaxed)
        shutdown(listener.number, Int32(SHUT_RDWR))
    }

    /// A whole answer.
    package static func answer(
        _ status: Int, _ headers: [String: String] = [:], _ body: [UInt8] = [], length: Int? = nil
    ) -> [Action] {
        var text = "HTTP/1.1 \(status) Said\r\n"
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { text += "\(name): \(value)\r\n" }
        if headers["Content-Length"] == nil { text += "Content-Length: \(length ?? body.count)\r\n" }
        return [.bytes(Array("\(text)\r\n".utf8) + body)]
    }

    private func accept() {
        while !isStopped.load(ordering: .relaxed) {
            let number = Glibc.accept(listener.number, nil, nil)
            guard number >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            let connection = Descriptor(owning: number)
            accepted.add(1, ordering: .relaxed)
            startThread { [self] in serve(connection) }
        }
    }

    private func serve(_ connection: Descriptor) {
        var pending: [UInt8] = []
        while let request = read(connection, &pending) {
            seen.withLock { $0.append(request) }
            for action in handler(request) {
                switch action {
                case .bytes(let bytes):
                    guard send(bytes, connection, head: request.method == "HEAD") else { return }
                case .pause(let seconds): usleep(UInt32(seconds * 1e6))
                case .cut: return
                }
            }
        }
    }

    /// Answers to HEAD have no body.
    private func send(_ bytes: [UInt8], _ connection: Descriptor, head: Bool) -> Bool {
        var rest = bytes[...]
        if head, let end = Self.headEnd(bytes) { rest = bytes[..<end] }
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func read(_ connection: Descriptor, _ pending: inout [UInt8]) -> Request? {
        func more() -> Bool {
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = chunk.withUnsafeMutableBytes { Glibc.read(connection.number, $0.baseAddress, $0.count) }
            if count > 0 { pending += chunk[..<count] }
            return count > 0
        }
        var end = Self.headEnd(pending)
        while end == nil {
            guard pending.count < 1 << 20, more() else { return nil }
            end = Self.headEnd(pending)
        }
        guard let end else { return nil }
        let lines = String(decoding: pending[..<end], as: UTF8.self).split(separator: "\r\n")
        pending.removeFirst(end)
        let words = lines.first?.split(separator: " ").map(String.init) ?? []
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let number = count.add(1, ordering: .relaxed).newValue
        if headers["expect"] != nil { _ = send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), connection, head: false) }
        let length = headers["content-length"].flatMap(Int.init) ?? 0
        let limit = bodyLimit(words[0], words[1], number)
        while pending.count < min(length, limit ?? length) { guard more() else { return nil } }
        if let limit, limit < length { return nil }
        let body = Array(pending.prefix(length))
        pending.removeFirst(body.count)
        return Request(method: words[0], target: words[1], headers: headers, body: body, number: number)
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        var index = 0
        while index + 3 < bytes.count {
            if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
                return index + 4
            }
            index += 1
        }
        return nil
    }
}

/// Runs a closure on a thread of its own.
package func startThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    pthread_create(
        &thread, nil,
        { context in
            if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().body() }
            return nil
        }, context)
    pthread_detach(thread)
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
