import Glibc
import HostSystem
import TestSupport
import Testing

@testable import Engines

/// What a daemon sends, broken in all ways: refused with words, never trusted.
@Suite struct DaemonWireTests {
    private func answered(_ bytes: [UInt8]) throws -> [UInt8] {
        let server = try ScriptedServer { _ in [.bytes(bytes), .cut] }
        defer { server.stop() }
        let connection = try DaemonConnection(
            .tcp(host: "127.0.0.1", port: UInt16(server.port)), "GET", "/x", patience: 5)
        return try connection.readAll(limit: 1 << 20)
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func bodiesOfAllKindsAreRead() throws {
        #expect(try answered(text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")) == text("hello"))
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
        #expect(try answered(text(chunked)) == text("hello"))
        #expect(try answered(text("HTTP/1.1 200 OK\r\n\r\nhello")) == text("hello"))
        #expect(try answered(text("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n")) == [])
    }

    @Test(arguments: [
        "", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\nx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ])
    func brokenAnswersAreErrors(_ answer: String) {
        #expect(throws: EngineError.self) { try answered(text(answer)) }
    }

    @Test func anAnswerIsAsLongAsIsAccepted() {
        let long = String(repeating: "x", count: 70_000)
        #expect(throws: EngineError.self) { try answered(text("HTTP/1.1 200 OK\r\nA: \(long)\r\n\r\n")) }
        let body = text("HTTP/1.1 200 OK\r\n\r\n") + [UInt8](repeating: 120, count: 2 << 20)
        #expect(throws: EngineError.self) { try answered(body) }
    }

    @Test func aSilentDaemonIsGivenUp() throws {
        let server = try ScriptedServer { _ in [.pause(3)] }
        defer { server.stop() }
        let error = try #require(throws: SystemError.self) {
            _ = try DaemonConnection(.tcp(host: "127.0.0.1", port: UInt16(server.port)), "GET", "/x", patience: 1)
        }
        #expect(error.code == ETIMEDOUT)
    }

    @Test func framesMayBeCutAnywhere() throws {
        var random = SeededGenerator(11)
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            var expected: [FrameReader.Stream: [UInt8]] = [.output: [], .error: []]
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let stream: FrameReader.Stream = Bool.random(using: &random) ? .output : .error
                let size = Int.random(in: 0...70_000, using: &random) >> Int.random(in: 0...16, using: &random)
                let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                bytes += [stream == .error ? 2 : 1, 0, 0, 0]
                bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) }
                bytes += content
                expected[stream, default: []] += content
            }
            var reader = FrameReader()
            var seen: [FrameReader.Stream: [UInt8]] = [.output: [], .error: []]
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Int.random(in: 1...9000, using: &random))
                try reader.take(Array(bytes[start..<end])) { seen[$0, default: []] += $1 }
                start = end
            }
            #expect(seen == expected)
            #expect(reader.isBetweenFrames)
        }
    }

    @Test func anyBytesAreFramesOrRefused() {
        var random = SeededGenerator(12)
        for _ in 0..<20_000 {
            var reader = FrameReader()
            let count = Int.random(in: 0...40, using: &random)
            let bytes = (0..<count).map { _ in
                UInt8.random(in: 0...3, using: &random) &* UInt8.random(in: 0...100, using: &random)
            }
            var given = 0
            _ = try? reader.take(bytes) { given += $1.count }
            #expect(given <= bytes.count)
        }
    }

    @Test func anyHeadIsReadOrRefused() {
        var random = SeededGenerator(13)
        let pieces = [
            "HTTP/1.1 ", "200", "101", " OK", "\r\n", ":", " ", "Content-Length", "Transfer-Encoding", "chunked", "-1",
            "99999999999999999999", "5", "é", "\0",
        ]
        for _ in 0..<20_000 {
            let head = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined()
            if let head = AnswerHead(Array(head.utf8)[...], method: "GET"), case .sized(let size) = head.body {
                #expect(size > 0)
            }
        }
    }
}
