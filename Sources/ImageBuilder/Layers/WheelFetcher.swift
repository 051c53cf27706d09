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
        try finish(wheel, writer, from: path)
    }

    /// Gives the wheel its name where it is the one that was locked.
    private func finish(_ wheel: WheelPin, _ writer: BlobWriter, from place: String) throws {
        let count = writer.count
        do { _ = try writer.finish(expecting: wheel.digest) } catch let error as ContentStoreError {
            guard case .wrongDigest(let expected, let actual) = error.cause else { throw error }
            let isShort = wheel.size > 0 && count != wheel.size
            let length = isShort ? ", and it has \(count) bytes instead of \(wheel.size)" : ""
            throw ImageBuildError(
                .wrongWheel, wheel.fileName,
                "its sha256 is \(actual.hex), bunsen.lock has \(expected.hex)\(length) (\(place))",
                hint: "if the file was replaced on purpose, lock again: bunsen lock")
        }
    }

    private func download(
        _ wheel: WheelPin, _ address: String, _ authorization: String?, _ client: HTTPClient
    ) throws {
        let writer = try store.writer(.wheels, resuming: wheel.digest, name: wheel.fileName)
        let address = try WebAddress(address)
        progress.add(writer.count)
        let wasEmpty = writer.count == 0
        do {
            try transfer(wheel, address, authorization, client, to: writer)
            try finish(wheel, writer, from: "\(address)")
        } catch let error as ImageBuildError where error.kind == .wrongWheel && !wasEmpty {
            // What an earlier process left was not the beginning of this: once more from the start.
            let writer = try store.writer(.wheels, resuming: wheel.digest, name: wheel.fileName)
            try writer.restart()
            try transfer(wheel, address, authorization, client, to: writer)
            try finish(wheel, writer, from: "\(address)")
        }
    }

    /// Brings what is missing; over cut connections as long as each attempt brings more.
    private func transfer(
        _ wheel: WheelPin, _ address: WebAddress, _ authorization: String?, _ client: HTTPClient, to writer: BlobWriter
    ) throws {
        var transfer = ResumedTransfer(address)
        transfer.headers.set("Authorization", authorization)
        transfer.size = wheel.size > 0 ? wheel.size : nil
        var before = writer.count
        do {
            _ = try transfer.run(client, into: writer) { event in
                guard case .progress(let received, _) = event else { return }
                progress.add(received - before)
                before = received
            }
        } catch let error as HTTPTransferError {
            throw failed(wheel, address, error)
        }
    }

    private func failed(_ wheel: WheelPin, _ address: WebAddress, _ error: HTTPTransferError) -> ImageBuildError {
        switch error.cause {
        case .status(let status, _):
            ImageBuildError(
                .wheelUnavailable, wheel.fileName, "\(address) answers \(status)", hint: hint(status))
        case .wrongSize(let expected, let found):
            ImageBuildError(
                .wrongWheel, wheel.fileName, "\(address) has \(found) bytes of it, bunsen.lock has \(expected)",
                hint: "if the file was replaced on purpose, lock again: bunsen lock")
        case .cut(let received, let reason):
            ImageBuildError(
                .wheelUnavailable, wheel.fileName,
                "the transfer from \(address) ends after \(received) of \(wheel.size) bytes: \(reason)",
                hint: "try again; what was fetched is kept")
        default:
            ImageBuildError(
                .wheelUnavailable, wheel.fileName, "\(error)", hint: "try again; what was fetched is kept")
        }
    }

    private func hint(_ status: Int) -> String {
        switch status {
        case 401, 403: "the index wants a password: give it in uv's or pip's configuration"
        case 404, 410: "the file was taken from the index; lock again: bunsen lock --upgrade"
        default: "try again later; what was fetched is kept"
        }
    }
}
