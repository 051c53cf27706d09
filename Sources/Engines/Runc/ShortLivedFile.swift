import FoundationEssentials
import Glibc
import HostSystem

/// Small files that mean nothing after a power cut: they are replaced in one step, and nobody waits for the disk, which
/// would take as long as the start of a container.
enum ShortLivedFile {
    static func write(_ bytes: some Collection<UInt8>, to path: String, mode: mode_t = 0o600) throws {
        let temporary = path + ".tmp"
        let file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode)
        try file.writeAll(bytes, path: path)
        // Whatever the umask.
        guard fchmod(file.number, mode) == 0, rename(temporary, path) == 0 else { throw SystemError("write", path) }
    }

    static func write(json value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try write(try encoder.encode(value), to: path)
    }

    /// Nil for what is not such a document.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }

    static func read<Value: Decodable>(_ type: Value.Type, from path: String) -> Value? {
        (try? Files.read(path, limit: 1 << 20)).flatMap { decode(type, from: $0) }
    }
}
