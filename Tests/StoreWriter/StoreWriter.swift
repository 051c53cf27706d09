import ContentStore
import Glibc
import HostSystem
import OCIModel

/// Writes into a store as another process, for the tests that kill it or run ten of it:
///
///     StoreWriter HOME blob SIZE [PAUSE]        prints the digest; PAUSE is microseconds after each 64 KiB
///     StoreWriter HOME resume DIGEST SIZE [PAUSE]   prints how many bytes were there already
///     StoreWriter HOME lease                    prints "ready" and waits to be killed
///     StoreWriter HOME read DIGEST              prints the number of bytes
@main struct StoreWriter {
    static func main() {
        do {
            try run()
        } catch {
            try? Descriptor(owning: dup(STDERR_FILENO)).writeAll("\(error)\n".utf8, path: "standard error")
            exit(1)
        }
    }

    private static func run() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let store = ContentStore(home: arguments[0])
        switch arguments[1] {
        case "blob":
            let writer = try store.blobWriter()
            try fill(writer, Int(arguments[2]) ?? 0, pause: pause(arguments, 3))
            say(try writer.finish().digest)
        case "resume":
            let digest = try Digest(arguments[2])
            let writer = try store.blobWriter(resuming: digest)
            say(writer.count)
            try fill(writer, Int(arguments[3]) ?? 0, pause: pause(arguments, 4))
            _ = try writer.finish(expecting: digest)
        case "lease":
            let lease = try store.lease()
            say("ready")
            while true { sleep(60) }
            withExtendedLifetime(lease) {}
        default:
            say(try store.read(Digest(arguments[2])).count)
        }
    }

    /// Prints without keeping anything back.
    private static func say(_ value: some CustomStringConvertible) {
        try? Descriptor(owning: dup(STDOUT_FILENO)).writeAll("\(value)\n".utf8, path: "standard output")
    }

    private static func pause(_ arguments: [String], _ index: Int) -> UInt32 {
        arguments.indices.contains(index) ? UInt32(arguments[index]) ?? 0 : 0
    }

    /// Blocks of 64 KiB, each its own number eight bytes long over and over: bytes that depend on their place only.
    private static func fill(_ writer: BlobWriter, _ size: Int, pause: UInt32) throws {
        while writer.count < size {
            let start = Int(writer.count)
            let block = start / 65536
            let bytes = [Int](repeating: block, count: 8192)
            try bytes.withUnsafeBytes { bytes in
                let rest = bytes[(start % 65536)..<min(65536, size - block * 65536)]
                try writer.write(UnsafeRawBufferPointer(rebasing: rest))
            }
            if pause > 0 { usleep(pause) }
        }
    }
}
