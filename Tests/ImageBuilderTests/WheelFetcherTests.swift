import ContentStore
import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import ImageBuilder
@testable import Resolver

/// Wheels that are not what the lock says.
@Suite struct WheelFetcherTests {
    private let content = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 8) }

    private var wheel: WheelPin {
        WheelPin(
            name: "probe", version: "1.0", fileName: "probe-1.0-py3-none-any.whl", digest: Digest(of: content),
            size: Int64(content.count))
    }

    private func fetch(_ place: String, in folder: String) throws -> String? {
        let wheel = wheel
        try Files.write(
            """
            lock-version = "1.0"
            [[packages]]
            name = "probe"
            version = "1.0"
            archive = { \(place), hashes = { sha256 = "\(wheel.digest.hex)" } }
            """, to: "\(folder)/pylock.toml")
        let files = try LockedFiles(folder: folder, home: folder, environment: [:])
        let fetcher = WheelFetcher(store: ContentStore(home: "\(folder)/home"), files: files, progress: BuildProgress())
        return try fetcher.fetch([wheel])[wheel.digest]
    }

    private func failure(_ server: ScriptedServer, in folder: String) throws -> ImageBuildError {
        defer { server.stop() }
        let error = try #require(throws: ImageBuildError.self) {
            try fetch(#"url = "\#(server.address)/\#(wheel.fileName)""#, in: folder)
        }
        #expect("\(error)".contains(wheel.fileName), "\(error)")
        #expect(try Files.names(in: "\(folder)/home/store/wheels").isEmpty)
        return error
    }

    @Test func aWrongHashIsNamedWithTheRightOne() throws {
        try withTemporaryFolder { folder in
            let other = content.dropLast() + [1]
            let error = try failure(
                try ScriptedServer { _ in ScriptedServer.answer(200, [:], Array(other)) }, in: folder)
            #expect(error.kind == .wrongWheel)
            #expect("\(error)".contains(wheel.digest.hex) && "\(error)".contains(Digest(of: other).hex), "\(error)")
            #expect(error.hint?.contains("bunsen lock") == true)
            // The wrong bytes are not kept: the right ones are fetched whole.
            let right = try ScriptedServer { [content] _ in ScriptedServer.answer(200, [:], content) }
            defer { right.stop() }
            #expect(try fetch(#"url = "\#(right.address)/x.whl""#, in: folder) != nil)
        }
    }

    @Test func aLocalWheelThatChangedIsNamedToo() throws {
        try withTemporaryFolder { folder in
            try Files.write(Array(content.dropLast(1000)), to: "\(folder)/\(wheel.fileName)")
            let error = try #require(throws: ImageBuildError.self) {
                try fetch(#"path = "\#(wheel.fileName)""#, in: folder)
            }
            #expect(error.kind == .wrongWheel)
            #expect("\(error)".contains("399000 bytes instead of 400000"), "\(error)")
            #expect("\(error)".contains(wheel.digest.hex), "\(error)")
        }
    }

    @Test func aFileOfAnotherLengthIsNotFetched() throws {
        try withTemporaryFolder { folder in
            let server = try ScriptedServer { [content] _ in
                ScriptedServer.answer(200, [:], Array(content.dropLast(1000)))
            }
            let error = try failure(server, in: folder)
            #expect(error.kind == .wrongWheel && "\(error)".contains("399000 bytes of it, bunsen.lock has 400000"))
        }
    }

    @Test func aTransferThatAlwaysEndsEarlyIsNamed() throws {
        try withTemporaryFolder { folder in
            let server = try ScriptedServer { [content] _ in
                ScriptedServer.answer(200, [:], Array(content.prefix(1000)), length: content.count) + [.cut]
            }
            let error = try failure(server, in: folder)
            #expect(
                error.kind == .wheelUnavailable && "\(error)".contains("ends after 1000 of 400000 bytes"), "\(error)")
        }
    }

    @Test func cutTransfersGoOn() throws {
        try withTemporaryFolder { folder in
            let server = try ScriptedServer { [content] request in
                let first = request.headers["range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
                let part = Array(content[first..<min(content.count, first + 50_000)])
                let headers = first > 0 ? ["Content-Range": "bytes \(first)-399999/400000"] : [:]
                return ScriptedServer.answer(first > 0 ? 206 : 200, headers, part, length: content.count - first) + [
                    .cut
                ]
            }
            defer { server.stop() }
            let path = try #require(try fetch(#"url = "\#(server.address)/x.whl""#, in: folder))
            #expect(try Files.read(path) == content)
            #expect(server.requests.count == 8)
        }
    }

    @Test func whatAnEarlierProcessLeftMayBeWrong() throws {
        try withTemporaryFolder { folder in
            let store = ContentStore(home: "\(folder)/home")
            try store.writer(.wheels, resuming: wheel.digest, name: wheel.fileName).write(
                [UInt8](repeating: 9, count: 1000))
            let server = try ScriptedServer { [content] request in
                let first = request.headers["range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
                let headers = first > 0 ? ["Content-Range": "bytes \(first)-399999/400000"] : [:]
                return ScriptedServer.answer(first > 0 ? 206 : 200, headers, Array(content[first...]))
            }
            defer { server.stop() }
            let path = try #require(try fetch(#"url = "\#(server.address)/x.whl""#, in: folder))
            #expect(try Files.read(path) == content)
            #expect(server.requests.map { $0.headers["range"] } == ["bytes=1000-", nil])
        }
    }

    @Test(arguments: [(404, "lock again"), (403, "password"), (503, "kept")])
    func refusalsSayWhatToDo(status: Int, hint: String) throws {
        try withTemporaryFolder { folder in
            let error = try failure(
                try ScriptedServer { _ in ScriptedServer.answer(status, ["Retry-After": "0"]) }, in: folder)
            #expect("\(error)".contains("answers \(status)") && error.hint?.contains(hint) == true, "\(error)")
        }
    }
}
