import CCurl
import Glibc
import HostSystem

/// A libcurl handle with its connections. Used by one thread at a time; connections are kept for the next request.
///
/// The transfer is driven by whoever reads the answer, through the multi interface. libcurl's own way of slowing a
/// sender down, pausing, has been broken in several versions; not driving is as good and cannot break.
final class CurlSession: @unchecked Sendable {
    private static let isLibraryReady: Bool = curl_start_library() == CURLE_OK

    private let multi: UnsafeMutableRawPointer
    private let easy: UnsafeMutableRawPointer
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var isAttached = false
    /// Host and port of the last request, to give a session to whom its connections are of use.
    var origin = ""

    init?() {
        guard Self.isLibraryReady, let multi = curl_multi_init() else { return nil }
        guard let easy = curl_easy_init() else {
            curl_multi_cleanup(multi)
            return nil
        }
        self.multi = multi
        self.easy = easy
    }

    deinit {
        detach()
        ignoringBrokenPipes {
            curl_easy_cleanup(easy)
            curl_multi_cleanup(multi)
        }
        errorText.deallocate()
    }

    /// Begins a request. `transfer` must live until `detach`.
    func attach(_ request: HTTPRequest, _ transfer: CurlTransfer, configuration: HTTPClient.Configuration) {
        let address = request.address
        origin = "\(address.host):\(address.port)"
        curl_easy_reset(easy)
        errorText[0] = 0
        curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        curl_set_text(easy, CURLOPT_URL, address.text)
        curl_allow_web_only(easy)
        curl_close_sockets_on_exec(easy)
        // The library may use no signals in a program with threads.
        curl_set_number(easy, CURLOPT_NOSIGNAL, 1)
        curl_set_number(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        curl_set_number(easy, CURLOPT_CONNECTTIMEOUT_MS, Int((configuration.connectTimeout * 1000).rounded()))
        curl_set_number(easy, CURLOPT_TCP_KEEPALIVE, 1)
        curl_set_number(easy, CURLOPT_BUFFERSIZE, 256 << 10)
        curl_set_number(easy, CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
        // Proxies come from the environment, but what is on this machine is never asked of one.
        if address.isLoopback { curl_set_text(easy, CURLOPT_PROXY, "") }
        if address.isSecure { set(configuration.tls(address.host, address.port)) }
        set(headers: request.headers, userAgent: configuration.userAgent)
        set(method: request.method, body: request.body)
        set(callbacksFor: transfer)
        curl_multi_add_handle(multi, easy)
        isAttached = true
    }

    /// Ends the request, by closing the connection when the answer was not read to its end.
    func detach() {
        guard isAttached else { return }
        isAttached = false
        ignoringBrokenPipes { _ = curl_multi_remove_handle(multi, easy) }
        curl_slist_free_all(headerList)
        headerList = nil
    }

    /// Lets bytes flow once.
    ///
    /// - Returns: the library's code when the transfer has ended.
    func step(waiting milliseconds: Int32) -> CURLcode? {
        var running: Int32 = 0
        var code = CURLM_OK
        ignoringBrokenPipes {
            if milliseconds > 0 { curl_multi_poll(multi, nil, 0, milliseconds, nil) }
            code = curl_multi_perform(multi, &running)
        }
        guard code == CURLM_OK else { return CURLE_FAILED_INIT }
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            if message.pointee.msg == CURLMSG_DONE { return message.pointee.data.result }
        }
        return running == 0 ? CURLE_FAILED_INIT : nil
    }

    /// Why the library ended a transfer.
    func cause(_ code: CURLcode, _ transfer: CurlTransfer) -> HTTPTransferError.Cause {
        let said = String(cString: errorText).trimmed
        let reason = (said.isEmpty ? String(cString: curl_easy_strerror(code)) : said).lowercasedFirst
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT:
            return .unreachable(reason)
        case CURLE_PEER_FAILED_VERIFICATION: return .tls(reason, isCertificate: true)
        case CURLE_SSL_CONNECT_ERROR:
            var number = 0
            curl_get_number(easy, CURLINFO_OS_ERRNO, &number)
            return number == ECONNRESET || number == EPIPE
                ? .cut(received: 0, reason: reason) : .tls(reason, isCertificate: false)
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_NOTFOUND,
            CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            return .tls(reason, isCertificate: false)
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM,
            CURLE_SEND_FAIL_REWIND:
            return .cut(received: transfer.received, reason: reason)
        default: return .badAnswer(reason)
        }
    }

    private func set(_ tls: TLSSettings) {
        if !tls.verifies {
            curl_set_number(easy, CURLOPT_SSL_VERIFYPEER, 0)
            curl_set_number(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
        // The system's own authorities stay: those of its folder (CAPATH) are used beside these.
        var authorities: [UInt8] = []
        for file in tls.authorities {
            authorities += (try? Files.read(file, limit: 8 << 20)) ?? []
            authorities.append(10)
        }
        if !authorities.isEmpty {
            authorities.withUnsafeBytes { _ = curl_set_blob(easy, CURLOPT_CAINFO_BLOB, $0.baseAddress, $0.count) }
        }
        if let certificate = tls.certificate { curl_set_text(easy, CURLOPT_SSLCERT, certificate) }
        if let key = tls.key { curl_set_text(easy, CURLOPT_SSLKEY, key) }
    }

    private func set(headers: HTTPHeaders, userAgent: String) {
        curl_set_text(easy, CURLOPT_USERAGENT, userAgent)
        for field in headers.fields {
            headerList = curl_slist_append(
                headerList, field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        curl_set_list(easy, CURLOPT_HTTPHEADER, headerList)
    }

    private func set(method: String, body: HTTPBody?) {
        if let body {
            curl_set_number(easy, CURLOPT_UPLOAD, 1)
            curl_set_size(easy, CURLOPT_INFILESIZE_LARGE, body.size)
        } else if method == "HEAD" {
            curl_set_number(easy, CURLOPT_NOBODY, 1)
        }
        curl_set_text(easy, CURLOPT_CUSTOMREQUEST, method)
    }

    private func set(callbacksFor transfer: CurlTransfer) {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        curl_set_bytes_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, _, count, context in
            guard let bytes, let context else { return 0 }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.header(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        }
        curl_set_bytes_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, _, count, context in
            guard let bytes, let context else { return 0 }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            transfer.receive(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        }
        curl_set_bytes_callback(easy, CURLOPT_READFUNCTION) { bytes, _, count, context in
            guard let bytes, let context else { return Int(CURL_READFUNC_ABORT) }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            let target = UnsafeMutableRawBufferPointer(start: bytes, count: count)
            return transfer.send(into: target) ?? Int(CURL_READFUNC_ABORT)
        }
        curl_set_rewind_callback(easy) { context, offset, _ in
            guard let context, offset == 0 else { return CURL_SEEKFUNC_CANTSEEK }
            Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().rewind()
            return CURL_SEEKFUNC_OK
        }
        for option in [CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA] {
            curl_set_pointer(easy, option, context)
        }
    }
}

/// OpenSSL writes to sockets without the flag that keeps SIGPIPE away. The signal goes to the thread that wrote, so
/// that it can be held off and taken there, whatever the rest of the program does with it.
private func ignoringBrokenPipes(_ body: () -> Void) {
    var brokenPipe = sigset_t()
    var previous = sigset_t()
    var pending = sigset_t()
    sigemptyset(&brokenPipe)
    sigaddset(&brokenPipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &brokenPipe, &previous)
    sigpending(&pending)
    let wasPending = sigismember(&pending, SIGPIPE) == 1
    body()
    if !wasPending {
        var moment = timespec()
        while sigtimedwait(&brokenPipe, nil, &moment) < 0, errno == EINTR {}
    }
    pthread_sigmask(SIG_SETMASK, &previous, nil)
}
