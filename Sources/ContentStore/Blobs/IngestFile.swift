import Glibc
import HostSystem

/// A file in the store's `ingest` folder while it is written.
///
/// The writer holds flock(2) on it. The kernel drops that lock when the writer ends, however it ends, and so a file that
/// nobody locks is what a killed process left.
final class IngestFile {
    let path: String
    let descriptor: Descriptor
    /// What happens to the file when the writer lets go of it unpublished.
    var isKept: Bool
    private var isPublished = false

    private init(path: String, descriptor: Descriptor, isKept: Bool) {
        self.path = path
        self.descriptor = descriptor
        self.isKept = isKept
    }

    deinit {
        if !isPublished && !isKept { unlink(path) }
    }

    static let partialPrefix = "partial-"

    /// A new file.
    static func make(in folder: String) throws -> IngestFile {
        let random = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        while true {
            let path = "\(folder)/\(getpid())-\(random)"
            let descriptor = try Descriptor.open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
            if try lock(descriptor, path) { return IngestFile(path: path, descriptor: descriptor, isKept: false) }
        }
    }

    /// The part of some content that an earlier process left, or a new file under the same name. Nil while another
    /// process writes it, and where it is another person's.
    static func resume(_ hex: String, in folder: String, mode: mode_t) throws -> IngestFile? {
        let path = "\(folder)/\(partialPrefix)\(hex)"
        while true {
            let descriptor: Descriptor
            do {
                descriptor = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
            } catch let error as SystemError where error.code == EACCES {
                return nil
            }
            guard flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 else {
                if errno == EWOULDBLOCK { return nil }
                throw SystemError("lock", path)
            }
            if isLinked(descriptor, at: path) {
                _ = setMode(descriptor, mode)  // so that others of the group can continue, too
                return IngestFile(path: path, descriptor: descriptor, isKept: true)
            }
        }
    }

    /// Locks a new file. False when a sweep removed it between its making and the lock.
    private static func lock(_ descriptor: Descriptor, _ path: String) throws -> Bool {
        guard retryingInterrupts({ flock(descriptor.number, LOCK_EX) }) == 0 else { throw SystemError("lock", path) }
        return isLinked(descriptor, at: path)
    }

    private static func isLinked(_ descriptor: Descriptor, at path: String) -> Bool {
        var open = stat()
        var named = stat()
        return fstat(descriptor.number, &open) == 0 && lstat(path, &named) == 0 && open.st_ino == named.st_ino
            && open.st_dev == named.st_dev
    }

    /// Only the owner may set permissions, and a part that another began has them already.
    private static func setMode(_ descriptor: Descriptor, _ mode: mode_t) -> Bool {
        var status = stat()
        return fstat(descriptor.number, &status) == 0
            && (status.st_mode & 0o777 == mode || fchmod(descriptor.number, mode) == 0)
    }

    /// Gives the file its final name, with its bytes on the disk before the name is.
    func publish(as destination: String, mode: mode_t) throws {
        guard Self.setMode(descriptor, mode), fsync(descriptor.number) == 0,
            rename(path, destination) == 0
        else { throw SystemError("write", destination) }
        isPublished = true
    }

    /// Removes what killed processes left in the folder.
    ///
    /// - Parameter partialAge: seconds for which a part that can be continued stays.
    /// - Returns: the bytes that were freed.
    @discardableResult
    static func sweep(_ folder: String, partialAge: Double, dryRun: Bool = false) -> Int64 {
        var freed: Int64 = 0
        for name in (try? Files.names(in: folder)) ?? [] {
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            let age = Timestamp.now.seconds - UseTime.time(status).seconds
            if name.hasSuffix(IngestFolder.lockSuffix), age < 86400 { continue }  // perhaps its folder comes
            if status.st_mode & S_IFMT == S_IFDIR {
                freed += IngestFolder.sweep(path, dryRun: dryRun)
                continue
            }
            if name.hasPrefix(partialPrefix), age < partialAge { continue }
            guard let descriptor = try? Descriptor.open(path, O_RDONLY | O_NOFOLLOW),
                flock(descriptor.number, LOCK_EX | LOCK_NB) == 0, isLinked(descriptor, at: path)
            else { continue }
            if dryRun || unlink(path) == 0 { freed += Int64(status.st_blocks) * 512 }
        }
        return freed
    }
}
