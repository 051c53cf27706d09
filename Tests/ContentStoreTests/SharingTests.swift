import Glibc
import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import ContentStore

@Suite struct SharingTests {
    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func aStoreIsPrivateByItself() throws {
        try withStore { store in
            let blob = try store.store([1])
            #expect(mode(store.root) == 0o700)
            #expect(mode(blob.path) == 0o600)
        }
    }

    @Test(arguments: [(0o2775, 0o664), (0o2770, 0o660)] as [(mode_t, mode_t)])
    func aStoreInAFolderOfAGroupIsTheGroups(folderMode: mode_t, fileMode: mode_t) throws {
        try withStore { store in
            try Files.makeFolder(store.home)
            chmod(store.home, folderMode)
            // Another process, because the umask is all of a process's.
            let digest = try Digest(
                store.finishWriter(["blob", "1000"], as: ["sh", "-c", "umask 077; exec \"$@\"", "sh"]).trimmed)
            let blob = try #require(store.blob(digest))
            let writer = try store.writer(.wheels, resuming: Digest(of: [2]), name: "w.whl")
            try writer.write([2])
            let wheel = try writer.finish()
            try store.setRecord(1, for: RecordKey("k", "1"))
            for name in ["", "/blobs/sha256", "/facts/k", "/wheels/\(wheel.digest.hex)"] {
                #expect(mode(store.root + name) == folderMode, "\(name)")
            }
            #expect(mode(blob.path) == fileMode)
            #expect(mode(wheel.path) == fileMode)
            #expect(mode(store.lockPath) == fileMode)
        }
    }

    @Test func aStoreThatWasOpenedForReadingStaysSo() throws {
        try withStore { store in
            _ = try store.store([1])
            chmod(store.root, 0o755)
            #expect(mode(try store.store([2]).path) == 0o644)
        }
    }
}

/// Two people of one group, with the umask that most have, on one store.
@Suite(.enabled(if: geteuid() == 0, "becoming other users needs root")) struct TwoUserTests {
    private static func person(_ id: Int) -> [String] {
        ["setpriv", "--reuid=\(id)", "--regid=\(id)", "--groups=64321", "--"]
    }

    @Test func bothReadWriteAndPruneWhatTheOtherMade() throws {
        try withStore { store in
            try Files.makeFolder(store.home)
            let folder = try #require(Files.parent(of: store.home))
            chmod(folder, 0o755)
            #expect(chown(store.home, 64321, 64321) == 0)
            #expect(chmod(store.home, 0o2770) == 0)
            let one = try store.finishWriter(["blob", "100000"], as: Self.person(64322))
            #expect(try store.finishWriter(["read", one.trimmed], as: Self.person(64323)) == "100000\n")
            let two = try store.finishWriter(["blob", "200000"], as: Self.person(64323))
            #expect(try store.finishWriter(["read", two.trimmed], as: Self.person(64322)) == "200000\n")
            #expect(try store.finishWriter(["blob", "100000"], as: Self.person(64323)) == one)
            // One continues what the other began.
            let digest = Digest(of: ContentStore.sample(900_000))
            let killed = try store.writer(["resume", "\(digest)", "900000", "20000"], as: Self.person(64322))
            #expect(killed.line() == "0")
            usleep(100_000)
            killed.killNow()
            let rest = try store.finishWriter(["resume", "\(digest)", "900000"], as: Self.person(64323))
            #expect(rest != "0\n")
            #expect(try store.read(digest).count == 900_000)
            // A person outside the group sees nothing.
            let stranger = ["setpriv", "--reuid=64324", "--regid=64324", "--clear-groups", "--"]
            let refused = try store.writer(["read", one.trimmed], as: stranger)
            _ = refused.text()
            #expect(!refused.child.wait().succeeded)
        }
    }
}

extension String {
    fileprivate var trimmed: String { String(prefix { $0 != "\n" }) }
}
