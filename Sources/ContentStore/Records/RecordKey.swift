import HostSystem
import OCIModel

/// What a small derived record is about: everything that its value depends on, and nothing else. For the layer of a
/// wheel: kind `wheel-layer`; parts: the wheel's SHA-256, the prefix, the layout version.
package struct RecordKey: Sendable, Hashable, Codable {
    /// Lower-case letters, digits and hyphens: the name of the record's folder.
    package let kind: String
    package let parts: [String]

    package init(_ kind: String, _ parts: String...) {
        self.kind = kind
        self.parts = parts
    }

    package init(_ kind: String, parts: [String]) {
        self.kind = kind
        self.parts = parts
    }

    /// Stands for the key where it leaves the store: equal digests mean equal kinds and parts.
    package var digest: Digest { Digest(of: Array("\(kind.utf8.count):\(kind)\(joined)".utf8)) }

    var isUsable: Bool {
        !kind.isEmpty && kind.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }

    /// The digest of the parts, each with its length before it so that no two keys have the same bytes.
    var fileName: String { SHA256.hexDigest(Array(joined.utf8)) + ".json" }

    private var joined: String { parts.map { "\($0.utf8.count):\($0)" }.joined() }
}
