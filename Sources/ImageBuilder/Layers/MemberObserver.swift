import Glibc
import HostSystem
import LayerArchive
import Synchronization
import WheelFormat

/// RECORD of one wheel, compared by whichever thread reads a member.
final class SharedRecordCheck: Sendable {
    private let check: Mutex<RecordCheck>

    init(_ check: RecordCheck) { self.check = Mutex(check) }

    func add(member: Int, sha256: String, size: Int) throws {
        try check.withLock { try $0.add(member: member, sha256: sha256, size: size) }
    }

    func finish() throws { try check.withLock { try $0.finish() } }
}

/// Sees the content of one member of a wheel while it goes into the layer: compares it with RECORD, and writes it into
/// the snapshot where one is made.
final class MemberObserver: ContentObserver {
    private let digest: ContentDigest
    private let output: Descriptor?
    private let path: String
    private var failure: (any Error)?

    /// - Parameters:
    ///   - output: gets the content too.
    ///   - path: where that is, for errors.
    init(member: Int, check: SharedRecordCheck, output: Descriptor?, path: String) {
        digest = ContentDigest { try check.add(member: member, sha256: $0, size: $1) }
        self.output = output
        self.path = path
    }

    func receive(_ bytes: UnsafeRawBufferPointer) {
        digest.receive(bytes)
        guard let output, failure == nil else { return }
        do { try output.writeAll(bytes, path: path) } catch { failure = error }
    }

    func end() throws {
        if let failure { throw failure }
        try digest.end()
    }
}
