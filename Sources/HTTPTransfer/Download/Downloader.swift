import HostSystem
import Synchronization

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
        _ downloads: [Download], headers: HTTPHeaders = [:], cancellation: Cancellation = Cancellation(),
        onEvent: @Sendable (DownloadEvent) -> Void = { _ in }
    ) throws {
        // A failed transfer stops its siblings, but is not a wish of the caller: its own flag stays as it is.
        let stop = Cancellation(parent: cancellation)
        let failures = Mutex<[any Error]>([])
        do {
            try ParallelWork.forEach(downloads, threads: parallel, onFailure: { stop.cancel() }) { download in
                do {
                    try fetch(download, headers: headers, cancellation: stop, onEvent: onEvent)
                } catch {
                    failures.withLock { $0.append(error) }
                    throw error
                }
            }
        } catch {
            // Stopped siblings may have been noticed first.
            throw failures.withLock { $0.first { !(($0 as? HTTPTransferError)?.isCancelled ?? false) } } ?? error
        }
    }

    private func fetch(
        _ download: Download, headers: HTTPHeaders, cancellation: Cancellation,
        onEvent: (DownloadEvent) -> Void
    ) throws {
        if try isThere(download) { return onEvent(.finished(download, received: 0)) }
        let partial = try PartialFile(download.partialPath, target: download.path)
        if try isThere(download) {  // another process was faster
            partial.remove()
            return onEvent(.finished(download, received: 0))
        }
        var transfer = FileTransfer(
            client: client, download: download, headers: headers, cancellation: cancellation, partial: partial)
        let kept = partial.size
        do {
            do {
                try transfer.run(onEvent)
            } catch let error as HTTPTransferError where kept > 0 && error.isWrongContent {
                // What was kept may be the beginning of something else.
                try partial.restart()
                try transfer.run(onEvent)
            }
        } catch let error as HTTPTransferError where error.isWrongContent {
            partial.remove()
            throw error
        }
        onEvent(.finished(download, received: transfer.fetched))
    }

    private func isThere(_ download: Download) throws -> Bool {
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
