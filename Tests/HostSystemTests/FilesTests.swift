import Glibc
import TestSupport
import Testing

@testable import HostSystem

@Suite struct FilesTests {
    @Test func aFileIsReplacedInOneStepAndNoTemporaryFileStays() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/a.txt"
            try Files.write("old", to: path)
            try Files.write("new", to: path)
            #expect(try Files.readText(path) == "new")
            #expect(try Files.names(in: folder) == ["a.txt"])
        }
    }

    @Test func aWriteThatFailsLeavesTheOldBytesAndNoTemporaryFile() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/taken"
            try Files.makeFolder("\(path)/inside")
            #expect(throws: SystemError.self) { try Files.write("x", to: path) }
            #expect(Files.isFolder("\(path)/inside"))
            #expect(try Files.names(in: folder) == ["taken"])
        }
    }

    @Test func filesAboveTheLimitAreRefused() throws {
        try withTemporaryFolder { folder in
            try Files.write([UInt8](repeating: 65, count: 101), to: "\(folder)/big")
            #expect(throws: FileTooLarge.self) { try Files.read("\(folder)/big", limit: 100) }
            #expect(throws: FileTooLarge.self) { try Files.read("/dev/zero", limit: 1 << 20) }
        }
    }

    @Test func filesOfTheKernelThatSayTheyAreEmptyAreReadWhole() throws {
        #expect(try Files.readText("/proc/self/status").contains("VmRSS"))
    }

    @Test func removingFollowsNoLinks() throws {
        try withTemporaryFolder { folder in
            try Files.makeFolder("\(folder)/keep")
            try Files.write("kept", to: "\(folder)/keep/file")
            try Files.makeFolder("\(folder)/gone")
            symlink("\(folder)/keep", "\(folder)/gone/link")
            try Files.remove("\(folder)/gone")
            #expect(!Files.exists("\(folder)/gone"))
            #expect(Files.exists("\(folder)/keep/file"))
        }
    }

    @Test func aMissingFileIsNamedWithTheReason() {
        #expect(throws: SystemError("read", "/no/such", code: ENOENT)) { try Files.read("/no/such") }
        #expect(
            SystemError("read", "/no/such", code: ENOENT).description
                == "cannot read /no/such: no such file or directory")
    }

    @Test func parentsAndNames() {
        #expect(Files.parent(of: "/a/b") == "/a")
        #expect(Files.parent(of: "/a") == "/")
        #expect(Files.parent(of: "/") == nil)
        #expect(Files.parent(of: "a") == nil)
        #expect(Files.name(of: "/a/b/") == "b")
    }
}
