import HostSystem

/// A file to fetch: a wheel, a Debian package, an interpreter.
package struct FileDownload: Sendable, Hashable {
    package let address: WebAddress
    /// Where the file is to be. Its folder must exist.
    package let path: String
    /// Bytes; nil when not known beforehand.
    package let size: Int64?
    /// 64 lower-case hexadecimal digits; nil when not known beforehand, which leaves only the length to be checked.
    package let sha256: String?

    package init(_ address: WebAddress, to path: String, size: Int64? = nil, sha256: String? = nil) {
        self.address = address
        self.path = path
        self.size = size
        self.sha256 = sha256
    }

    /// The temporary name: another version of the content gets another one.
    var partialPath: String {
        let identity = SHA256.hexDigest(Array("\(sha256 ?? address.text)\(size ?? -1)".utf8)).prefix(12)
        return "\(path).\(identity).part"
    }

    func failed(_ cause: HTTPTransferError.Cause) -> HTTPTransferError {
        HTTPTransferError(operation: "download", address: "\(address)", cause: cause)
    }
}

/// What happens while files are fetched.
package enum DownloadEvent: Sendable {
    /// `size` is nil until the server says it.
    case progress(FileDownload, received: Int64, size: Int64?)
    /// The connection was lost; the transfer goes on from here.
    case resumed(FileDownload, received: Int64, HTTPTransferError)
    /// `received` counts the bytes that had to be fetched now: 0 when the file was there.
    case finished(FileDownload, received: Int64)
}
