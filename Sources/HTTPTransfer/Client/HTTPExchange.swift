import CCurl
import HostSystem

/// One request and its answer, whose body is read as it comes: never more than a few megabytes are held.
///
/// Letting go of it before the end closes the connection.
package final class HTTPExchange: ByteReader {
    package private(set) var head: HTTPHead
    private let request: HTTPRequest
    private let transfer: CurlTransfer
    private let began = monotonicSeconds()
    private let giveBack: (CurlSession) -> Void
    private var session: CurlSession?
    private var isFinished = false
    /// Why the transfer ended early; thrown once everything that did arrive was read.
    private var failure: (any Error)?

    /// Sends the request and waits for the head of the answer.
    init(
        _ request: HTTPRequest, on session: CurlSession, configuration: HTTPClient.Configuration,
        giveBack: @escaping (CurlSession) -> Void
    ) throws {
        self.request = request
        self.session = session
        self.giveBack = giveBack
        transfer = CurlTransfer(request)
        head = HTTPHead(status: 0, headers: [:], address: request.address)
        session.attach(request, transfer, configuration: configuration)
        // While a body is sent, the answer counts once sending has ended: nobody reads it before.
        while !isFinished && !(transfer.hasHead && (transfer.hasBytes || request.body == nil)) { advance() }
        if let failure, !transfer.hasHead || transfer.failure != nil { throw failure }
        head = HTTPHead(status: transfer.status, headers: transfer.headers, address: request.address)
    }

    deinit { close() }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard buffer.count > 0 else { return 0 }
        while !transfer.hasBytes {
            if let failure { throw failure }
            if isFinished { return 0 }
            advance()
        }
        return transfer.take(into: buffer)
    }

    /// Reads what is left when it is little, so that the connection can be used again, and ends the exchange.
    package func close() {
        if !isFinished, transfer.hasHead, let size = transfer.headers.size("Content-Length"), size < 65536 {
            while !isFinished { advance() }
        }
        end(with: nil)
    }

    /// Waits until bytes or the head have arrived, or the transfer has ended.
    private func advance() {
        guard let session else {
            return end(with: error(.cut(received: transfer.received, reason: "it was closed here")))
        }
        transfer.lastActivity = monotonicSeconds()
        let before = (transfer.received, transfer.hasHead)
        var wait: Int32 = 0
        while true {
            if let cause = reasonToStop() { return end(with: error(cause)) }
            if let code = session.step(waiting: wait) {
                if let failure = transfer.failure { return end(with: failure) }
                guard code == CURLE_OK else { return end(with: error(session.cause(code, transfer))) }
                return end(
                    with: transfer.hasHead ? nil : error(.cut(received: 0, reason: "the answer has no whole head")))
            }
            if before != (transfer.received, transfer.hasHead) { return }
            wait = 100
        }
    }

    private func reasonToStop() -> HTTPTransferError.Cause? {
        let now = monotonicSeconds()
        if request.cancellation?.isCancelled == true { return .cancelled }
        if now - transfer.lastActivity > request.stallTimeout { return .stalled(seconds: request.stallTimeout) }
        if let total = request.totalTimeout, now - began > total { return .stalled(seconds: total) }
        return nil
    }

    private func end(with failure: (any Error)?) {
        isFinished = true
        self.failure = self.failure ?? failure
        guard let session else { return }
        self.session = nil
        session.detach()
        giveBack(session)
    }

    private func error(_ cause: HTTPTransferError.Cause) -> HTTPTransferError {
        HTTPTransferError(operation: request.method, address: request.address.description, cause: cause)
    }
}
