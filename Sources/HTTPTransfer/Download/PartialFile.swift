import Glibc
import HostSystem

/// A file on its way: bytes gather under a temporary name beside the target, survive this process, and get the
/// target's name once they are proven to be right. Processes that want the same file wait for each other.
package final class PartialFile: ResumableFile {
    package let path: String
    /// Bytes that are there, hashed.
    package private(set) var count: Int64 = 0
    private let target: String
    private let descriptor: Descriptor
    private var hash = SHA256()

    /// Opens or begins the partial file and waits for whoever works on it. What is in it is hashed.
    ///
    /// - Parameters:
    ///   - path: the temporary name, in the target's folder. The same content must always get the same name.
    ///   - keeping: false begins anew.
    package init(_ path: String, target: String, keeping: Bool = true) throws {
        self.path = path
        self.target = target
        descriptor = try Self.openLocked(path)
        if keeping { try hashContent() } else { try restart() }
    }

    /// The lock is on the file itself; whoever had it before may have renamed or removed it meanwhile.
    private static func openLocked(_ path: String) throws -> Descriptor {
        while true {
            let descriptor = try Descriptor.open(path, O_RDWR | O_CREAT, 0o644)
            guard retryingInterrupts({ flock(descriptor.number, LOCK_EX) }) == 0 else {
                throw SystemError("lock", path)
            }
            var opened = stat()
            var named = stat()
            guard fstat(descriptor.number, &opened) == 0 else { throw SystemError("read", path) }
            if stat(path, &named) == 0, opened.st_ino == named.st_ino, opened.st_dev == named.st_dev {
                return descriptor
            }
        }
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        try descriptor.writeAll(bytes, path: path)
        hash.update(bytes)
        count += Int64(bytes.count)
    }

    /// Forgets what is there.
    package func restart() throws {
        guard ftruncate(descriptor.number, 0) == 0, lseek(descriptor.number, 0, SEEK_SET) == 0 else {
            throw SystemError("write", path)
        }
        hash = SHA256()
        count = 0
    }

    /// Ends the hash: the digest of all bytes, as hexadecimal digits.
    package func takeDigest() -> String {
        var whole = SHA256()
        swap(&whole, &hash)
        return whole.hexDigest()
    }

    /// Gives the file its name. From then on it survives a power cut.
    package func finish(mode: mode_t = 0o644) throws {
        fchmod(descriptor.number, mode)
        guard fsync(descriptor.number) == 0 else { throw SystemError("write", path) }
        guard rename(path, target) == 0 else { throw SystemError("write", target) }
        if let folder = Files.parent(of: target), let opened = try? Descriptor.open(folder, O_RDONLY) {
            fsync(opened.number)
        }
    }

    package func remove() { unlink(path) }

    private func hashContent() throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { bytes in
                retryingInterrupts { read(descriptor.number, bytes.baseAddress, bytes.count) }
            }
            guard count >= 0 else { throw SystemError("read", path) }
            if count == 0 { return }
            buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            self.count += Int64(count)
        }
    }
}
