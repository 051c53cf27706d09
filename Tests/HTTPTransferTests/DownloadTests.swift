import Glibc
import HostSystem
import Synchronization
import TestSupport
import Testing

@testable import HTTPTransfer

@Suite struct DownloadTests {
    private let content = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
    private var sha256: String { SHA256.hexDigest(content) }
    private var downloader: Downloader { Downloader(client: hurriedClient()) }

    /// Serves `content` with ranges and a mark of its version.
    private func honest(_ request: ScriptedServer.Request, tag: String = "\"v1\"") -> [ScriptedServer.Action] {
        guard let range = request.headers["range"], let first = Int(range.dropFirst(6).dropLast()),
            request.headers["if-range"] ?? tag == tag
        else { return ScriptedServer.answer(200, ["ETag": tag], content) }
        guard first < content.count else {
            return ScriptedServer.answer(416, ["Content-Range": "bytes */\(content.count)"])
        }
        return ScriptedServer.answer(
            206, ["Content-Range": "bytes \(first)-\(content.count - 1)/\(content.count)"], Array(content[first...]))
    }

    @Test func severalAtOnce() throws {
        let server = try ScriptedServer { [self] in honest($0) }
        defer { server.stop() }
        try withTemporaryFolder { folder in
            let downloads = try (0..<10).map {
                FileDownload(
                    try WebAddress("\(server.address)/\($0)"), to: "\(folder)/\($0)", size: Int64(content.count),
                    sha256: sha256)
            }
            let finished = Atomic(0)
            try downloader.fetch(downloads) {
                if case .finished(_, 500_000) = $0 { finished.add(1, ordering: .relaxed) }
            }
            #expect(finished.load(ordering: .relaxed) == 10)
            #expect(try Files.names(in: folder).count == 10)
            for index in 0..<10 { #expect(try Files.read("\(folder)/\(index)") == content) }
            // All there: nothing is asked for.
            let asked = server.requests.count
            try downloader.fetch(downloads)
            #expect(server.requests.count == asked)
        }
    }

    @Test(arguments: [true, false])
    func cutTransfersGoOnWhereTheyStopped(withDigest: Bool) throws {
        let server = try ScriptedServer { [self] request in
            guard request.number <= 3 else { return honest(request) }
            let first = request.headers["range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
            let part = Array(content[first..<(first + 100_000)])
            var headers = ["ETag": "\"v1\""]
            if first > 0 { headers["Content-Range"] = "bytes \(first)-\(content.count - 1)/\(content.count)" }
            return ScriptedServer.answer(first > 0 ? 206 : 200, headers, part, length: content.count - first) + [.cut]
        }
        defer { server.stop() }
        try withTemporaryFolder { folder in
            let download = FileDownload(
                try WebAddress("\(server.address)/file"), to: "\(folder)/file", sha256: withDigest ? sha256 : nil)
            try downloader.fetch([download])
            #expect(try Files.read("\(folder)/file") == content)
            let ranges = server.requests.map { $0.headers["range"] ?? "" }
            #expect(ranges == ["", "bytes=100000-", "bytes=200000-", "bytes=300000-"])
            #expect(server.requests[1].headers["if-range"] == "\"v1\"")
            #expect(try Files.names(in: folder) == ["file"])
        }
    }

    @Test func anotherProcessGoesOn() throws {
        let server = try ScriptedServer { [self] in honest($0) }
        defer { server.stop() }
        try withTemporaryFolder { folder in
            let download = FileDownload(try WebAddress("\(server.address)/file"), to: "\(folder)/file", sha256: sha256)
            try Files.write(content[..<123_456], to: download.partialPath)
            try downloader.fetch([download])
            #expect(try Files.read("\(folder)/file") == content)
            #expect(server.requests.map { $0.headers["range"] } == ["bytes=123456-"])
        }
    }

    @Test func aPartOfSomethingElseIsGivenUp() throws {
        let server = try ScriptedServer { [self] in honest($0) }
        defer { server.stop() }
        try withTemporaryFolder { folder in
            let download = FileDownload(try WebAddress("\(server.address)/file"), to: "\(folder)/file", sha256: sha256)
            for kept in [1000, content.count + 1] {
                try Files.remove("\(folder)/file")
                try Files.write([UInt8](repeating: 9, count: kept), to: download.partialPath)
                try downloader.fetch([download])
                #expect(try Files.read("\(folder)/file") == content)
            }
        }
    }

    @Test func aChangedFileBeginsAnew() throws {
        let server = try ScriptedServer { [self] in honest($0, tag: "\"v2\"") }
        defer { server.stop() }
        try withTemporaryFolder { folder in
            let download = FileDownload(try WebAddress("\(server.address)/file"), to: "\(folder)/file")
            try Files.write([UInt8](repeating: 9, count: 1000), to: download.partialPath)
            try Files.write("\"v1\"", to: "\(download.partialPath).tag")
            try downloader.fetch([download])
            #expect(try Files.read("\(folder)/file") == content)
            #expect(try Files.names(in: folder) == ["file"])
        }
    }

    @Test func wrongContentNeverGetsTheName() throws {
        let server = try ScriptedServer { [self] request in
            switch request.path {
            case "/short": ScriptedServer.answer(200, [:], Array(content.dropLast()))
            case "/other": ScriptedServer.answer(200, [:], content.dropLast() + [0])
            case "/missing": ScriptedServer.answer(404)
            default: ScriptedServer.answer(206, ["Content-Range": "bytes 5-9/10"], [1])
            }
        }
        defer { server.stop() }
        try withTemporaryFolder { folder in
            for name in ["short", "other", "missing", "unasked"] {
                let download = FileDownload(
                    try WebAddress("\(server.address)/\(name)"), to: "\(folder)/\(name)", size: Int64(content.count),
                    sha256: sha256)
                #expect(throws: HTTPTransferError.self) { try downloader.fetch([download]) }
                #expect(!Files.exists("\(folder)/\(name)"))
            }
        }
    }

    @Test func oneFailureStopsTheOthersAndIsTheOneReported() throws {
        let server = try ScriptedServer { request in
            request.path == "/bad" ? [.pause(0.2)] + ScriptedServer.answer(404) : [.pause(5)]
        }
        defer { server.stop() }
        try withTemporaryFolder { folder in
            let downloads = try ["slow", "bad", "slow2"].map {
                FileDownload(try WebAddress("\(server.address)/\($0)"), to: "\(folder)/\($0)")
            }
            let start = monotonicSeconds()
            let error = try #require(throws: HTTPTransferError.self) { try downloader.fetch(downloads) }
            guard case .status(404, _) = error.cause else { throw error }
            #expect(monotonicSeconds() - start < 3)
        }
    }

    @Test func severalWantingOneFileFetchItOnce() throws {
        let server = try ScriptedServer { [self] in [.pause(0.2)] + honest($0) }
        defer { server.stop() }
        try withTemporaryFolder { folder in
            let download = FileDownload(try WebAddress("\(server.address)/file"), to: "\(folder)/file", sha256: sha256)
            let downloader = downloader
            try Parallel.forEach([1, 2, 3], width: 3) { _ in try downloader.fetch([download]) }
            #expect(server.requests.count == 1)
            #expect(try Files.names(in: folder) == ["file"])
        }
    }

    @Test func contentRanges() {
        #expect(ContentRange("bytes 0-9/10")?.last == 9)
        #expect(ContentRange("bytes */10")?.total == 10)
        #expect(ContentRange("Bytes 5-9/*")?.first == 5)
        for text in [
            "", "bytes", "bytes 9-0/10", "bytes 0-10/10", "bytes 0-9", "bytes -1-2/3", "bytes 0-9/x",
            "bytes 99999999999999999999-1/2",
        ] {
            #expect(ContentRange(text) == nil)
        }
    }

    @Test func mutatedHeadersNeverTrap() {
        var generator = SeededGenerator(3)
        for _ in 0..<3000 {
            var bytes = Array("bytes 100-999/1000".utf8)
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 32...126, using: &generator)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if let range = ContentRange(text), let first = range.first, let last = range.last { #expect(first <= last) }
            _ = RetryPolicy.seconds(retryAfter: text, now: .now)
            _ = try? WebAddress("http://\(text)")
        }
    }
}
