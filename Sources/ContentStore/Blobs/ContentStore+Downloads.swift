import HostSystem
import OCIModel

/// Downloaded files that keep their names.
package enum Download: String, Sendable, CaseIterable {
    /// Wheels: the tags in the name say what they are for.
    case wheels
}

extension ContentStore {
    func folder(of kind: Download) -> String { "\(root)/\(kind.rawValue)" }

    /// A file that was downloaded before, or nil. Counts as a use.
    package func file(_ kind: Download, _ digest: Digest, name: String, size: Int64? = nil) -> StoredBlob? {
        guard Self.isFileName(name) else { return nil }
        return stored("\(folder(of: kind))/\(digest.hex)/\(name)", digest: digest, size: size)
    }

    /// A writer of a file whose digest is known, as a lock knows it. It begins where an earlier process stopped. End it
    /// with `finish(expecting:)`.
    package func writer(
        _ kind: Download, resuming digest: Digest, name: String, limit: Int64 = .max
    ) throws -> BlobWriter {
        guard Self.isFileName(name) else { throw ContentStoreError("store", "\"\(name)\"", .badName) }
        return try writer(resuming: digest, to: .named(folder: folder(of: kind), name: name), limit: limit)
    }

    /// A name that stays in its folder and that every file system takes.
    static func isFileName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
            && name.utf8.allSatisfy { $0 != UInt8(ascii: "/") && $0 >= 0x20 }
    }
}
