import HostSystem

/// Fetches files in parallel. A file appears under its name only whole and verified; what a stopped process has
/// fetched is used by the next one.
package struct Downloader: Sendable {
    private let client: HTTPClient
    private let parallel: Int

    package init(client: HTTPClient, parallel: Int = 6) {
        self.client = client
        self.parallel = parallel
    }

    /// Fetches all files; returns when they are all there.
    ///
    /// - Parameter onEvent: called from several threads.
    /// - Throws: the first `HTTPTransferError` or `SystemError`; the other transfers are stopped and can be resumed.
    package func fetch(
        _ downloads: [FileDownload], headers: HTTPHeaders = [:], cancellation: Cancellation = Cancellation(),
        onEvent: @escaping @Sendable (DownloadEvent) -> Void = { _ in }
    ) throws {
        try ParallelTransfers.forEach(downloads, width: parallel, cancellation: cancellation) { download, stop in
            try fetch(download, headers: headers, cancellation: stop, onEvent: onEvent)
        }
    }

    private func fetch(
        _ download: FileDownload, headers: HTTPHeaders, cancellation: Cancellation,
        onEvent: (DownloadEvent) -> Void
    ) throws {
        if try isThere(download) { return onEvent(.finished(download, received: 0)) }
        let partial = try PartialFile(download.partialPath, target: download.path)
        if try isThere(download) {  // another process was faster
            partial.remove()
            return onEvent(.finished(download, received: 0))
        }
        var transfer = ResumedTransfer(download.address)
        transfer.headers = headers
        transfer.size = download.size
        transfer.continuesUnmarked = download.sha256 != nil
        transfer.cancellation = cancellation
        let wasEmpty = partial.count == 0
        do {
            let fetched: Int64
            do {
                fetched = try run(transfer, download, partial, onEvent)
            } catch let error as HTTPTransferError where !wasEmpty && error.isWrongContent {
                // What was kept may be the beginning of something else.
                try partial.restart()
                fetched = try run(transfer, download, partial, onEvent)
            }
            onEvent(.finished(download, received: fetched))
        } catch let error as HTTPTransferError where error.isWrongContent {
            partial.remove()
            throw error
        }
    }

    /// Fetches what is missing, verifies the whole, and gives the file its name.
    private func run(
        _ transfer: ResumedTransfer, _ download: FileDownload, _ partial: PartialFile,
        _ onEvent: (DownloadEvent) -> Void
    ) throws -> Int64 {
        let mark = "\(partial.path).tag"
        var transfer = transfer
        if download.sha256 == nil { transfer.validator = (try? Files.readText(mark, limit: 4096))?.trimmed }
        let fetched = try transfer.run(client, into: partial) { event in
            switch event {
            case .progress(let received, let size): onEvent(.progress(download, received: received, size: size))
            case .resumed(let received, let error): onEvent(.resumed(download, received: received, error))
            case .began(let validator):
                guard download.sha256 == nil else { return }
                // Without the mark the file is fetched anew next time: no harm.
                try? Files.remove(mark)
                if let validator { try? Files.write(validator, to: mark) }
            }
        }
        if let size = download.size, partial.count != size {
            throw download.failed(.wrongSize(expected: size, found: partial.count))
        }
        let found = partial.takeDigest()
        if let sha256 = download.sha256, found != sha256 {
            throw download.failed(.wrongDigest(expected: sha256, found: found))
        }
        try partial.finish()
        try? Files.remove(mark)
        return fetched
    }

    private func isThere(_ download: FileDownload) throws -> Bool {
        guard let sha256 = download.sha256, Files.exists(download.path) else { return false }
        return try SHA256.hexDigest(file: download.path) == sha256
    }
}

extension HTTPTransferError {
    var isWrongContent: Bool {
        switch cause {
        case .wrongDigest, .wrongSize: true
        default: false
        }
    }
}
