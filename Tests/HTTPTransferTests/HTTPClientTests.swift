import Glibc
import HostSystem
import Synchronization
import TestSupport
import Testing

@testable import HTTPTransfer

/// A client that is in a hurry.
func hurriedClient(_ change: (inout HTTPClient.Configuration) -> Void = { _ in }) -> HTTPClient {
    var configuration = HTTPClient.Configuration()
    configuration.retries.firstDelay = 0.01
    change(&configuration)
    return HTTPClient(configuration)
}

extension ScriptedServer {
    func request(_ path: String, _ method: String = "GET") throws -> HTTPRequest {
        HTTPRequest(method, try WebAddress("\(address)\(path)"))
    }
}

@Suite struct HTTPClientTests {
    @Test func bodiesAndHeadersArriveAsTheyAre() throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let server = try ScriptedServer { ScriptedServer.answer(201, ["X-Method": $0.method], $0.body) }
        defer { server.stop() }
        var request = try server.request("/a?b=c%20d", "PUT")
        request.headers = ["X-Empty": "", "X-Text": "one\r\nX-Evil: 1"]
        request.body = HTTPBody(bytes)
        let response = try hurriedClient().send(request)
        #expect(response.status == 201)
        #expect(response.body == bytes)
        #expect(response.headers["x-method"] == "PUT")
        let seen = try #require(server.requests.first)
        #expect(seen.target == "/a?b=c%20d")
        #expect(seen.headers["x-empty"] == "")
        #expect(seen.headers["x-evil"] == nil)
        #expect(seen.headers["content-length"] == "300000")
    }

    @Test func methodsWithoutBody() throws {
        let server = try ScriptedServer { _ in ScriptedServer.answer(200, [:], Array("body".utf8)) }
        defer { server.stop() }
        let client = hurriedClient()
        #expect(try client.send(server.request("/", "HEAD")).body.isEmpty)
        #expect(try client.send(server.request("/", "DELETE")).bodyText == "body")
        var post = try server.request("/", "POST")
        post.body = HTTPBody([])
        #expect(try client.send(post).bodyText == "body")
        #expect(server.requests.map(\.method) == ["HEAD", "DELETE", "POST"])
        #expect(server.requests[2].headers["content-length"] == "0")
    }

    @Test func connectionsAreUsedAgain() throws {
        let server = try ScriptedServer { _ in ScriptedServer.answer(200, [:], [1]) }
        defer { server.stop() }
        let client = hurriedClient()
        for _ in 0..<20 { #expect(try client.send(server.request("/")).status == 200) }
        #expect(server.connections == 1)
    }

    @Test(arguments: [408, 429, 500, 502, 503, 504])
    func busyServersAreAskedAgain(status: Int) throws {
        let server = try ScriptedServer {
            $0.number < 3 ? ScriptedServer.answer(status) : ScriptedServer.answer(200, [:], $0.body)
        }
        defer { server.stop() }
        let waits = Mutex<[Double]>([])
        var request = try server.request("/", "PUT")
        request.body = HTTPBody([1, 2, 3])
        let client = hurriedClient { $0.onRetry = { _, delay in waits.withLock { $0.append(delay) } } }
        #expect(try client.send(request).body == [1, 2, 3])
        #expect(waits.withLock { $0.count } == 2)
    }

    @Test func lastingErrorsAreResults() throws {
        let server = try ScriptedServer {
            ScriptedServer.answer($0.path == "/missing" ? 404 : 503, [:], Array("why".utf8))
        }
        defer { server.stop() }
        let client = hurriedClient()
        #expect(try client.send(server.request("/missing")).status == 404)
        #expect(server.requests.count == 1)
        let response = try client.send(server.request("/busy"))
        #expect(response.status == 503 && response.bodyText == "why")
        #expect(server.requests.count == 6)
    }

    @Test func retryAfterIsHonoured() throws {
        let server = try ScriptedServer {
            $0.number == 1 ? ScriptedServer.answer(429, ["Retry-After": "1"]) : ScriptedServer.answer(200)
        }
        defer { server.stop() }
        let start = monotonicSeconds()
        #expect(try hurriedClient().send(server.request("/")).status == 200)
        #expect(monotonicSeconds() - start >= 0.95)
        let other = try ScriptedServer { _ in ScriptedServer.answer(429, ["Retry-After": "9999"]) }
        defer { other.stop() }
        #expect(try hurriedClient().send(other.request("/")).status == 429)
        #expect(other.requests.count == 1)
    }

    @Test func retryAfterForms() {
        let now = Timestamp(seconds: 1_784_102_400)  // 2026-07-15T08:00:00Z
        #expect(RetryPolicy.seconds(retryAfter: "12", now: now) == 12)
        #expect(RetryPolicy.seconds(retryAfter: "Wed, 15 Jul 2026 08:01:00 GMT", now: now) == 60)
        #expect(RetryPolicy.seconds(retryAfter: "Wed, 15 Jul 2020 08:01:00 GMT", now: now) == 0)
        #expect(RetryPolicy.seconds(retryAfter: "soon", now: now) == nil)
        #expect(RetryPolicy.seconds(retryAfter: "-1", now: now) == nil)
    }

    @Test func redirectsLoseCredentialsOnAnotherHost() throws {
        let target = try ScriptedServer {
            ScriptedServer.answer(200, [:], Array(($0.headers["authorization"] ?? "none").utf8))
        }
        defer { target.stop() }
        let server = try ScriptedServer { request in
            switch request.path {
            case "/same": ScriptedServer.answer(307, ["Location": "end?x=1"])
            case "/end":
                ScriptedServer.answer(
                    200, [:], Array("\(request.headers["authorization"] ?? "none") \(request.target)".utf8))
            case "/loop": ScriptedServer.answer(302, ["Location": "/loop"])
            case "/file": ScriptedServer.answer(302, ["Location": "file:///etc/passwd"])
            default: ScriptedServer.answer(302, ["Location": "\(target.address)/"])
            }
        }
        defer { server.stop() }
        func text(_ path: String) throws -> String {
            var request = try server.request(path)
            request.headers = ["Authorization": "Bearer secret"]
            return try hurriedClient().send(request).bodyText
        }
        #expect(try text("/same") == "Bearer secret /end?x=1")
        #expect(try text("/other") == "none")
        #expect(throws: HTTPTransferError.self) { try text("/loop") }
        #expect(throws: HTTPTransferError.self) { try text("/file") }
    }

    @Test func postsTurnIntoGetsUnlessTheRedirectSaysOtherwise() throws {
        let server = try ScriptedServer { request in
            switch request.path {
            case "/303": ScriptedServer.answer(303, ["Location": "/end"])
            case "/308": ScriptedServer.answer(308, ["Location": "/end"])
            default: ScriptedServer.answer(200, ["X-Method": request.method], request.body)
            }
        }
        defer { server.stop() }
        var post = try server.request("/303", "POST")
        post.body = HTTPBody([1, 2])
        #expect(try hurriedClient().send(post).headers["X-Method"] == "GET")
        post.address = try WebAddress("\(server.address)/308")
        let kept = try hurriedClient().send(post)
        #expect(kept.headers["X-Method"] == "POST" && kept.body == [1, 2])
    }

    @Test func manyThreadsShareOneClient() throws {
        let server = try ScriptedServer { ScriptedServer.answer(200, [:], Array($0.target.utf8)) }
        defer { server.stop() }
        let client = hurriedClient()
        let wrong = Atomic(0)
        try Parallel.forEach(Array(0..<200), width: 8) { index in
            let response = try client.send(HTTPRequest("GET", try WebAddress("\(server.address)/\(index)")))
            if response.bodyText != "/\(index)" { wrong.add(1, ordering: .relaxed) }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(server.connections <= 8)
    }
}
