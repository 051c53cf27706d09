import Glibc
import HostSystem
import TestSupport
import Testing

@testable import HTTPTransfer

@Suite struct BrokenServerTests {
    @Test func cutsAreNamedAndRetried() throws {
        let server = try ScriptedServer { request in
            switch request.path {
            case "/once": request.number == 1 ? [.cut] : ScriptedServer.answer(200, [:], [7])
            case "/head": [.bytes(Array("HTTP/1.1 200 OK\r\nContent-Le".utf8)), .cut]
            case "/body": ScriptedServer.answer(200, [:], [1, 2, 3], length: 100) + [.cut]
            case "/garbage": [.bytes(Array("SSH-2.0-OpenSSH\r\n\r\n".utf8)), .cut]
            default: [.cut]
            }
        }
        defer { server.stop() }
        #expect(try hurriedClient().send(server.request("/once")).body == [7])
        for path in ["/head", "/body", "/always"] {
            let error = try #require(throws: HTTPTransferError.self) { try hurriedClient().send(server.request(path)) }
            #expect(error.isPassing, "\(error)")
        }
        #expect(throws: HTTPTransferError.self) { try hurriedClient().send(server.request("/garbage")) }
        #expect(server.requests.filter { $0.path == "/body" }.count == 5)
    }

    @Test func cutsWhileSending() throws {
        let server = try ScriptedServer(bodyLimit: { _, _, number in number == 1 ? 100_000 : nil }) {
            ScriptedServer.answer(200, [:], Array("\($0.body.count)".utf8))
        }
        defer { server.stop() }
        var request = try server.request("/", "PUT")
        request.body = HTTPBody([UInt8](repeating: 5, count: 3_000_000))
        #expect(try hurriedClient().send(request).bodyText == "3000000")
        #expect(server.connections == 2)
    }

    @Test func errorsOfTheBodyComeThrough() throws {
        struct Broken: Error {}
        let server = try ScriptedServer { _ in ScriptedServer.answer(200) }
        defer { server.stop() }
        var request = try server.request("/", "PUT")
        request.body = HTTPBody(size: 10) { throw Broken() }
        #expect(throws: Broken.self) { try hurriedClient().send(request) }
        request.body = HTTPBody(size: 10) { ArrayReader([1]) }
        #expect(throws: BodyTooShort.self) { try hurriedClient().send(request) }
    }

    @Test func silenceEnds() throws {
        let server = try ScriptedServer { request in
            request.path == "/drip"
                ? [.bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".utf8))]
                    + (0..<9).flatMap { _ in [.pause(0.3), .bytes([1])] as [ScriptedServer.Action] }
                : [.pause(3)]
        }
        defer { server.stop() }
        var request = try server.request("/")
        request.stallTimeout = 0.3
        request.attempts = 1
        let error = try #require(throws: HTTPTransferError.self) { try hurriedClient().send(request) }
        guard case .stalled = error.cause else { throw error }
        // Slow is not silent, unless a limit for the whole is set.
        request.address = try WebAddress("\(server.address)/drip")
        request.stallTimeout = 2
        #expect(try hurriedClient().send(request).body.count == 9)
        request.totalTimeout = 0.8
        #expect(throws: HTTPTransferError.self) { try hurriedClient().send(request) }
    }

    @Test func cancellationStopsEverything() throws {
        let server = try ScriptedServer { _ in [.pause(5)] }
        defer { server.stop() }
        let cancellation = Cancellation()
        var request = try server.request("/")
        request.cancellation = cancellation
        startThread {
            usleep(200_000)
            cancellation.cancel()
        }
        let start = monotonicSeconds()
        let error = try #require(throws: HTTPTransferError.self) { try hurriedClient().send(request) }
        #expect(error.isCancelled)
        #expect(monotonicSeconds() - start < 2)
    }

    @Test func largeAnswersAreRefused() throws {
        let server = try ScriptedServer { _ in ScriptedServer.answer(200, [:], [UInt8](repeating: 1, count: 5000)) }
        defer { server.stop() }
        let request = try server.request("/")
        let error = try #require(throws: HTTPTransferError.self) { try hurriedClient().send(request, limit: 4999) }
        guard case .tooLarge(4999) = error.cause else { throw error }
        #expect(try hurriedClient().send(request, limit: 5000).body.count == 5000)
    }

    @Test func endlessHeadersAreRefused() throws {
        let line = [UInt8]("X-More: \(String(repeating: "x", count: 8000))\r\n".utf8)
        let server = try ScriptedServer { _ in
            [.bytes(Array("HTTP/1.1 200 OK\r\n".utf8))] + (0..<200).map { _ in .bytes(line) }
        }
        defer { server.stop() }
        #expect(throws: HTTPTransferError.self) { try hurriedClient().send(server.request("/")) }
    }

    @Test func nobodyThere() throws {
        let server = try ScriptedServer { _ in [] }
        var request = try server.request("/")
        server.stop()
        usleep(50_000)
        request.attempts = 1
        let error = try #require(throws: HTTPTransferError.self) { try hurriedClient().send(request) }
        #expect(error.isPassing)
        request.address = try WebAddress("http://no-such-host.invalid/")
        #expect(throws: HTTPTransferError.self) { try hurriedClient().send(request) }
    }

    @Test(arguments: [
        "", "ftp://a/", "http://", "http://a b/", "http://u:p@host/", "http://host:99999/", "file:///etc/passwd",
        "http://a/\r\nX: y",
    ])
    func badAddresses(text: String) {
        #expect(throws: HTTPTransferError.self) { try WebAddress(text) }
    }

    @Test func addressesKeepNoSecretsInMessages() throws {
        let address = try WebAddress("https://Host.example:444/a?signature=secret#x")
        #expect("\(address)".lowercased() == "https://host.example:444/a")
        #expect(address.host == "host.example" && address.port == 444)
        #expect(try address.resolving("../b?c").text.hasSuffix("/b?c"))
        let error = try #require(throws: HTTPTransferError.self) { try WebAddress("https://user:hidden@host/") }
        #expect(!"\(error)".contains("hidden"))
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "a.localhost"] {
            #expect(WebAddress.isLoopback(host: host))
        }
        for host in ["127.0.0.1.example.org", "localhost.example.org", "128.0.0.1", "127.0.0"] {
            #expect(!WebAddress.isLoopback(host: host))
        }
    }
}
