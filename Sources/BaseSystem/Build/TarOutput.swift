import Glibc
import HostSystem
import LayerArchive

/// An archive that was written.
package struct TarResult: Sendable, Hashable {
    package var path: String
    /// Bytes, uncompressed.
    package var size: Int64
    /// Of the archive, uncompressed, 64 hexadecimal digits: what an image calls the diff_id.
    package var sha256: String
}

/// A tar archive on its way to a file, which appears in its place when it is whole.
struct TarOutput: ~Copyable {
    private let unfinished: String
    private let output: Descriptor
    private let hash = SHA256()
    private let encoder = TarHeaderEncoder()
    private var size: Int64 = 0

    /// Writes an archive with `body`; nothing is left of it when that fails.
    static func write(to path: String, _ body: (inout TarOutput) throws -> Void) throws -> TarResult {
        let unfinished = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).unfinished"
        do {
            var output = try TarOutput(unfinished: unfinished)
            try body(&output)
            let (size, sha256) = try output.close()
            guard rename(unfinished, path) == 0 else { throw SystemError("write", path) }
            return TarResult(path: path, size: size, sha256: sha256)
        } catch {
            unlink(unfinished)
            throw error
        }
    }

    private init(unfinished: String) throws {
        self.unfinished = unfinished
        output = try Descriptor.open(unfinished, O_WRONLY | O_CREAT | O_EXCL)
    }

    /// Writes an entry with the content that `content` gives, which has to be as long as the entry says.
    mutating func add(_ entry: TarEntry, content: (any ByteSource)? = nil) throws {
        let header: [UInt8]
        do throws(LayerArchiveError.Cause) {
            header = try encoder.header(of: entry)
        } catch {
            throw LayerArchiveError(.make, entry.path, error)
        }
        try write(header)
        guard entry.size > 0, let content else { return }
        var buffer = [UInt8](repeating: 0, count: min(entry.size, 1 << 20))
        var rest = entry.size
        while rest > 0 {
            let count = try buffer.withUnsafeMutableBytes {
                try content.read(into: UnsafeMutableRawBufferPointer(rebasing: $0.prefix(rest)))
            }
            guard count > 0 else { throw LayerArchiveError(.make, entry.path, .truncated) }
            try write(buffer[..<count])
            rest -= count
        }
        try write([UInt8](repeating: 0, count: (512 - entry.size % 512) % 512))
    }

    private mutating func write(_ bytes: some Collection<UInt8>) throws {
        try output.writeAll(bytes, path: unfinished)
        hash.update(bytes)
        size += Int64(bytes.count)
    }

    private consuming func close() throws -> (Int64, String) {
        try write(TarHeaderEncoder.end)
        guard fsync(output.number) == 0 else { throw SystemError("write", unfinished) }
        let size = self.size
        return (size, hash.hexDigest())
    }
}

extension TarReader {
    convenience init(path: String) throws {
        self.init(DescriptorSource(try Descriptor.open(path, O_RDONLY), path: path))
    }
}
