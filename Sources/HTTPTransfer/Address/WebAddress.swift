import CCurl

/// An http or https address (RFC 3986), taken apart by libcurl, so that what is checked is what is connected to.
package struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    /// The whole address, with its query and without a fragment or a user part.
    package let text: String
    package let isSecure: Bool
    /// In lower case; IPv6 addresses in brackets.
    package let host: String
    package let port: Int
    /// Begins with a slash.
    package let path: String

    /// - Throws: `HTTPTransferError` for what is not an http or https address, and for one that holds a password:
    ///   secrets in addresses end in logs.
    package init(_ text: String) throws(HTTPTransferError) {
        try self.init(text, below: nil)
    }

    /// What a `Location` or a `realm` of this address means: relative ones are resolved.
    package func resolving(_ reference: String) throws(HTTPTransferError) -> WebAddress {
        try WebAddress(reference, below: self)
    }

    private init(_ reference: String, below base: WebAddress?) throws(HTTPTransferError) {
        func refused(_ reason: String) -> HTTPTransferError {
            HTTPTransferError(operation: "use", address: Self.withoutSecrets(reference), cause: .badAddress(reason))
        }
        guard reference.utf8.count <= 16384 else { throw refused("it is longer than 16384 bytes") }
        guard reference.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else { throw refused("it has spaces or controls") }
        guard let parts = curl_url() else {
            throw HTTPTransferError(operation: "use", address: Self.withoutSecrets(reference), cause: .noLibrary)
        }
        defer { curl_url_cleanup(parts) }
        if let base, curl_url_set(parts, CURLUPART_URL, base.text, 0) != CURLUE_OK { throw refused("it has no base") }
        guard curl_url_set(parts, CURLUPART_URL, reference, 0) == CURLUE_OK else {
            throw refused("it is not an address")
        }
        func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard curl_url_part(parts, part, &value, flags) == CURLUE_OK, let value else { return nil }
            defer { curl_free(value) }
            return String(cString: value)
        }
        guard let scheme = part(CURLUPART_SCHEME)?.lowercased(), scheme == "http" || scheme == "https" else {
            throw refused("only http and https are spoken")
        }
        guard part(CURLUPART_PASSWORD) == nil else { throw refused("an address must not hold a password") }
        guard let host = part(CURLUPART_HOST), !host.isEmpty,
            let port = part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)).flatMap({ Int($0) })
        else { throw refused("it has no host") }
        _ = curl_url_set(parts, CURLUPART_FRAGMENT, nil, 0)
        _ = curl_url_set(parts, CURLUPART_USER, nil, 0)
        guard let text = part(CURLUPART_URL) else { throw refused("it is not an address") }
        self.text = text
        isSecure = scheme == "https"
        self.host = host.lowercased()
        self.port = port
        path = part(CURLUPART_PATH) ?? "/"
    }

    /// The same scheme, host and port: what credentials may be sent to.
    package func hasOrigin(of other: WebAddress) -> Bool {
        isSecure == other.isSecure && host == other.host && port == other.port
    }

    /// Whether the host is this machine.
    package var isLoopback: Bool { Self.isLoopback(host: host) }

    package static func isLoopback(host: String) -> Bool {
        let host = host.hasSuffix(".") ? host.dropLast() : host[...]
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    /// Without the query, where signed addresses have their signature.
    package var description: String { Self.withoutSecrets(text) }

    private static func withoutSecrets(_ text: String) -> String {
        var text = String(text.prefix { $0 != "?" && $0 != "#" }.prefix(300))
        guard let start = text.range(of: "://")?.upperBound else { return text }
        let authority = text[start...].prefix { $0 != "/" }
        if let at = authority.lastIndex(of: "@") { text.removeSubrange(start...at) }
        return text
    }
}

extension String {
    /// Where a text stands first. Here because Foundation's is all that would be used of it.
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
