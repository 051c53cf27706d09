import Glibc
import TestSupport
import Testing

@testable import HostSystem

@Suite struct FileLockTests {
    @Test func aLockIsHeldUntilItsHolderIsGone() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/lock"
            #expect(!FileLock.isHeld(path))
            var lock = try FileLock.take(path)
            #expect(lock != nil)
            #expect(FileLock.isHeld(path))
            #expect(try FileLock.take(path) == nil)
            lock = nil
            #expect(!FileLock.isHeld(path))
        }
    }

    @Test func aKilledProcessLeavesNoLock() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/lock"
            try Files.write("", to: path)
            let tool = Tool(executable: "/usr/bin/flock", environment: ["PATH": "/usr/bin:/bin"])
            let holder = try tool.start([path, "sleep", "60"])
            while !FileLock.isHeld(path) { usleep(1000) }
            kill(-holder.child.id, SIGKILL)
            _ = holder.child.wait()
            // The group dies one by one: the last of it may take a moment longer.
            #expect(eventually { !FileLock.isHeld(path) })
        }
    }
}

@Suite struct SHA256Tests {
    /// FIPS 180-4's own example, and the digest of nothing.
    @Test func knownDigests() {
        #expect(
            SHA256.hexDigest("abc".utf8) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SHA256.hexDigest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func aFileHasTheDigestOfItsBytes() throws {
        try withTemporaryFolder { folder in
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try Files.write(bytes, to: "\(folder)/f")
            #expect(try SHA256.hexDigest(file: "\(folder)/f") == SHA256.hexDigest(bytes))
        }
    }
}

@Suite struct TimestampTests {
    @Test func timesAreWrittenInUTC() {
        let time = Timestamp(seconds: 1_763_892_764.12)
        #expect(time.description == "2025-11-23T10:12:44.119Z" || time.description == "2025-11-23T10:12:44.120Z")
        #expect(time.rfc3339 == "2025-11-23T10:12:44Z")
        #expect(time.date == "2025-11-23")
        #expect(Timestamp(seconds: 0.5).description == "1970-01-01T00:00:00.500Z")
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300])
    func impossibleTimesDoNotTrap(seconds: Double) {
        #expect(Timestamp(seconds: seconds).description.hasSuffix("Z"))
    }
}
