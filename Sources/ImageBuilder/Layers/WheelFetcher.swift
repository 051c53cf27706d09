import ContentStore
import Glibc
import HTTPTransfer
import HostSystem
import OCIModel
import Resolver

/// Brings wheels into the store: several at once, each going on where an earlier attempt stopped, and each verified
/// against the digest of the lock before it gets its name.
struct WheelFetcher: Sendable {
    let store: ContentStore
    let files: LockedFiles
    let progress: BuildProgress

    /// How many transfers run at once: enough to fill a line, few enough for an index to bear.
    private static let width = 4
    private static let attempts = 5

    /// The paths of wheels, fetched where they are not here yet.
    func fetch(_ wheels: [WheelPin]) throws -> [Digest: String] {
        let missing = wheels.filter { store.file(.wheels, $0.digest, name: $0.fileName) == nil }
        if !missing.isEmpty {
            progress.begin("fetching \(missing.count) wheels", bytes: missing.reduce(0) { $0 &+ $1.size })
            let client = client()
            // The largest first, so that the last one to end is a small one.
            try Parallel.forEach(missing.sorted { $0.size > $1.size }, width: Self.width) { wheel in
                try fetch(wheel, client)
            }
        }
        var paths: [Digest: String] = [:]
        for wheel in wheels { paths[wheel.digest] = store.file(.wheels, wheel.digest, name: wheel.fileName)?.path }
        return paths
    }

    private func client() -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        if let certificates = files.certificates {
            configuration.tls = { _, _ in
                var settings = TLSSettings()
                settings.authorities = [certificates]
                return settings
            }
        }
        return HTTPClient(configuration)
    }

    private func fetch(_ wheel: WheelPin, _ client: HTTPClient) throws {
        switch files.place(sha256: wheel.digest.hex) {
        case .file(let path): try copy(wheel, from: path)
        case .address(let address, let authorization): try download(wheel, address, authorization, client)
        case nil:
            throw ImageBuildError(
                .wheelUnavailable, wheel.fileName, "pylock.toml does not say where it is",
                hint: "lock again: bunsen lock")
        }
    }

    private func copy(_ wheel: WheelPin, from path: String) throws {
        guard Files.exists(path) else {
            throw ImageBuildError(
                .wheelUnavailable, wheel.fileName, "\(path) is no longer there",
                hint: "put the file back, or lock again: bunsen lock")
        }
        let writer = try store.writer(.wheels, resuming: wheel.digest, name: wheel.fileName)
        try writer.restart()
        try FileReader(path).forEachPiece { piece in
            try writer.write(piece)
            progress.add(Int64(piece.count))
        }
        _ = try writer.finish(expecting: wheel.digest)
    }

    private func download(
        _ wheel: WheelPin, _ address: String, _ authorization: String?, _ client: HTTPClient
    ) throws {
        let limit = wheel.size > 0 ? wheel.size : Int64.max
        let writer = try store.writer(.wheels, resuming: wheel.digest, name: wheel.fileName, limit: limit)
        progress.add(writer.count)
        var attempt = 1
        while wheel.size == 0 || writer.count < wheel.size {
            var request = HTTPRequest("GET", try WebAddress(address))
            request.headers.set("Authorization", authorization)
            if writer.count > 0 { request.headers.set("Range", "bytes=\(writer.count)-") }
            do {
                let exchange = try client.open(request)
                defer { exchange.close() }
                // 416: everything is here already; the digest decides.
                if writer.count > 0, exchange.head.status == 416 { break }
                guard exchange.head.succeeded else {
                    throw ImageBuildError(
                        .wheelUnavailable, wheel.fileName,
                        "\(request.address) answers \(exchange.head.status)", hint: hint(exchange.head.status))
                }
                if writer.count > 0, exchange.head.status != 206 {
                    progress.add(-writer.count)
                    try writer.restart()
                }
                try exchange.forEachPiece { piece in
                    try writer.write(piece)
                    progress.add(Int64(piece.count))
                }
                break
            } catch let error as HTTPTransferError where error.isPassing && attempt < Self.attempts {
                attempt += 1
            }
        }
        _ = try writer.finish(expecting: wheel.digest)
    }

    private func hint(_ status: Int) -> String {
        switch status {
        case 401, 403: "the index wants a password: give it in uv's or pip's configuration"
        case 404, 410: "the file was taken from the index; lock again: bunsen lock --upgrade"
        default: "try again later; what was fetched is kept"
        }
    }
}
