import Glibc
import HostSystem

/// A tar archive on its way to a file, with its digest.
struct TarOutput: ~Copyable {
    private let path: String
    private let output: Descriptor
    private let hash = SHA256()
    private(set) var size: Int64 = 0

    /// Makes a new file; an existing one is an error.
    init(path: String) throws {
        self.path = path
        output = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL)
    }

    mutating func write(_ bytes: some Collection<UInt8>) throws {
        try output.writeAll(bytes, path: path)
        hash.update(bytes)
        size += Int64(bytes.count)
    }

    /// Writes a folder that root owns, for everybody to enter.
    mutating func writeFolder(_ name: String, time: Int64) throws {
        try writeHeader("./\(name)/", type: UInt8(ascii: "5"), mode: 0o755, time: time)
    }

    /// Writes an empty file that root owns.
    mutating func writeEmptyFile(_ name: String) throws {
        try writeHeader("./\(name)", type: UInt8(ascii: "0"), mode: 0o644, time: 0)
    }

    /// A header as in POSIX.1-2017, pax, "ustar Interchange Format". Names longer than 100 bytes are refused.
    private mutating func writeHeader(_ name: String, type: UInt8, mode: Int64, time: Int64) throws {
        guard name.utf8.count <= 100 else { throw SystemError("write", "\(path): \(name)", code: ENAMETOOLONG) }
        func octal(_ value: Int64, _ width: Int) -> [UInt8] {
            let digits = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, width - 1 - digits.utf8.count)) + digits).utf8) + [0]
        }
        func padded(_ bytes: [UInt8], _ width: Int) -> [UInt8] {
            bytes + [UInt8](repeating: 0, count: max(0, width - bytes.count))
        }
        var header = padded(Array(name.utf8), 100) + octal(mode, 8) + octal(0, 8) + octal(0, 8) + octal(0, 12)
        header += octal(time, 12) + [UInt8](repeating: 32, count: 8) + [type]
        header = padded(padded(header, 257) + Array("ustar".utf8) + [0] + Array("00".utf8), 512)
        let sum = header.reduce(Int64(0)) { $0 + Int64($1) }
        header.replaceSubrange(148..<156, with: octal(sum, 7) + [32])
        try write(header)
    }

    /// Ends the archive as POSIX says, with two empty blocks, and makes sure that it is on the disk.
    consuming func close() throws -> (size: Int64, sha256: String) {
        try write([UInt8](repeating: 0, count: 1024))
        guard fsync(output.number) == 0 else { throw SystemError("write", path) }
        let size = self.size
        return (size, hash.hexDigest())
    }
}
