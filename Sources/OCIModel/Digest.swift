import HostSystem

/// The SHA-256 digest of some content, written `sha256:` and 64 hexadecimal digits (OCI image specification,
/// descriptor.md, section "Digests").
package struct Digest: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    package let hex: String

    /// - Throws: `OCIModelError` for another form, and for the algorithms that the specification has beside SHA-256.
    package init(_ text: String) throws(OCIModelError) {
        guard text.hasPrefix("sha256:") else {
            throw OCIModelError("a digest", text, "it does not begin with sha256:")
        }
        guard let digest = Digest(hex: String(text.dropFirst(7))) else {
            throw OCIModelError("a digest", text, "64 lower-case hexadecimal digits follow sha256:")
        }
        self = digest
    }

    /// Nil unless the text is 64 lower-case hexadecimal digits.
    package init?(hex: String) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            return nil
        }
        self.hex = hex
    }

    /// The digest of some bytes.
    package init(of bytes: some Sequence<UInt8>) { hex = SHA256.hexDigest(bytes) }

    package var description: String { "sha256:\(hex)" }

    /// The first twelve digits, as people see digests in tables.
    package var short: String { String(hex.prefix(12)) }

    package static func < (left: Digest, right: Digest) -> Bool { left.hex < right.hex }

    package init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
