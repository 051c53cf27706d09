import Glibc

/// One file or folder of a zip file, as its directory describes it.
package struct ZipMember: Sendable, Hashable {
    package enum Method: UInt16, Sendable {
        case stored = 0
        case deflated = 8
    }

    /// Relative, with "/" between parts none of which is empty, "." or ".."; without the "/" that marks a folder.
    package let path: String
    package let isFolder: Bool
    package let method: Method
    package let compressedSize: Int
    package let size: Int
    package let crc32: UInt32
    /// The `st_mode` that the writer stored, type and permissions; 0 where it stored none.
    package let unixMode: UInt16
    /// The CRC and the sizes stand behind the data, not before it.
    package let hasDataDescriptor: Bool
    /// Where its own header begins.
    package let headerOffset: Int
    /// Where the next member, or the directory, begins: nothing of this member lies there or behind.
    package internal(set) var limit: Int

    /// pip's rule: a regular file that anyone may execute. Symbolic links and the like become plain files.
    package var isExecutable: Bool {
        mode_t(unixMode) & S_IFMT == S_IFREG && unixMode & 0o111 != 0
    }

    /// The mode that the file has once installed: 0755 or 0644, whatever else the wheel asks for.
    package var installedMode: UInt16 { isExecutable ? 0o755 : 0o644 }
}
