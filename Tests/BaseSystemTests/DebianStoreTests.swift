import Glibc
import HostSystem
import LayerArchive
import TestSupport
import Testing

@testable import BaseSystem

/// With the mirrors of this machine.
@Suite(.serialized) struct DebianStoreTests {
    /// Something small that every base has.
    private func package() throws -> DebianPackage {
        try #require(try TestBase.pin().packages.first { $0.name == "hostname" })
    }

    @Test func packagesAreFetchedOnceAndVerified() throws {
        try withTemporaryFolder { folder in
            let package = try package()
            let store = DebianStore(folder: folder, environment: processEnvironment())
            try store.fetch([package], suite: "bookworm")
            #expect(try SHA256.hexDigest(file: store.path(of: package)) == package.sha256)
            #expect(try Files.names(in: folder) == [".incoming.lock", package.sha256])
            // The second time needs no network.
            let alone = DebianStore(folder: folder, environment: ["BUNSEN_DEBIAN_MIRROR": "http://127.0.0.1:1/"])
            #expect(throws: Never.self) { try alone.fetch([package], suite: "bookworm") }
        }
    }

    @Test func aMirrorWithOtherBytesIsRefused() throws {
        try withTemporaryFolder { folder in
            var package = try package()
            package.sha256 = SHA256.hexDigest("something else".utf8)
            let store = DebianStore(folder: folder, environment: processEnvironment())
            let error = #expect(throws: BaseSystemError.self) { try store.fetch([package], suite: "bookworm") }
            #expect(error?.kind == .hashMismatch, "\(error as Any)")
            #expect("\(error as Any)".contains("hostname \(package.version)"))
            #expect(try Files.names(in: folder) == [".incoming.lock"])
        }
    }

    @Test func aVersionThatIsGoneIsSaidToBeSo() throws {
        try withTemporaryFolder { folder in
            var package = try package()
            package.path = "pool/main/h/hostname/hostname_0.0.1_\(package.architecture).deb"
            let store = DebianStore(folder: folder, environment: processEnvironment())
            let error = #expect(throws: BaseSystemError.self) { try store.fetch([package], suite: "bookworm") }
            #expect(error?.kind == .withdrawn, "\(error as Any)")
            #expect(error?.hint?.contains("bunsen lock --image") == true)
        }
    }

    @Test func withoutANetworkNothingIsLeftBehind() throws {
        try withTemporaryFolder { folder in
            var environment = processEnvironment()
            environment["BUNSEN_DEBIAN_MIRROR"] = "http://127.0.0.1:1/debian"
            environment["http_proxy"] = nil
            let store = DebianStore(folder: folder, environment: environment)
            let error = try #require(throws: BaseSystemError.self) {
                try store.fetch([try package()], suite: "bookworm")
            }
            #expect(error.kind == .noNetwork, "\(error)")
            #expect(try Files.names(in: folder) == [".incoming.lock"])
        }
    }

    @Test func aMirrorOnThisMachineIsCopiedFrom() throws {
        try withTemporaryFolder { folder in
            let package = try package()
            try TestBase.store().fetch([package], suite: "bookworm")
            let place = "\(folder)/mirror/\(package.path)"
            try Files.makeFolder(Files.parent(of: place) ?? folder)
            try Files.write(Files.read(TestBase.store().path(of: package)), to: place)
            var environment = processEnvironment()
            environment["BUNSEN_DEBIAN_MIRROR"] = "file://\(folder)/mirror"
            let store = DebianStore(folder: "\(folder)/store", environment: environment)
            try store.fetch([package], suite: "bookworm")
            var status = stat()
            #expect(lstat(store.path(of: package), &status) == 0 && status.st_mode & S_IFMT == S_IFREG)
            #expect(Files.exists(place))
        }
    }

    @Test func damageOfTheStoreIsFoundBeforeItIsUsed() throws {
        try withTemporaryFolder { folder in
            let package = try package()
            let store = DebianStore(folder: "\(folder)/store", environment: processEnvironment())
            try Files.makeFolder(store.folder)
            try Files.write([UInt8](repeating: 7, count: Int(package.size)), to: store.path(of: package))
            try store.fetch([package], suite: "bookworm")
            let error = #expect(throws: BaseSystemError.self) {
                try LocalRepository.make([package], store: store, folder: "\(folder)/repository")
            }
            #expect(error?.kind == .hashMismatch)
            try store.fetch([package], suite: "bookworm")
            try LocalRepository.make([package], store: store, folder: "\(folder)/other")
            let index = try Files.readText("\(folder)/other/Packages")
            #expect(index.contains("Package: hostname\n") && index.contains("\nSHA256: \(package.sha256)\n"))
        }
    }

    @Test func aFileOfAPackageIsReadAndRuns() throws {
        let package = try #require(try TestBase.pin().packages.first { $0.name == "tini" })
        let store = TestBase.store()
        try store.fetch([package], suite: "bookworm")
        try withTemporaryFolder { folder in
            let path = "\(folder)/tini"
            try Files.write(try store.file("usr/bin/tini-static", of: package), to: path, mode: 0o755)
            let result = try Tool(executable: path, environment: [:]).run(["-s", "--", "/bin/sh", "-c", "exit 7"])
            #expect(result.end == .exited(code: 7), "\(result.errorText)")
        }
        let error = #expect(throws: BaseSystemError.self) { try store.file("usr/bin/other", of: package) }
        #expect("\(error as Any)".contains("usr/bin/other of the package tini"))
    }

    @Test func aFullDiskIsNamedAndLeavesNothing() throws {
        try withTemporaryFolder { folder in
            try Files.makeFolder("\(folder)/small")
            let packages = try TestBase.pin().packages
            try TestBase.store().fetch(packages, suite: "bookworm")
            try #require(
                mount("tmpfs", "\(folder)/small", "tmpfs", 0, "size=4m") == 0,
                "a small file system cannot be mounted: these tests want to be root")
            defer { umount("\(folder)/small") }
            let store = DebianStore(folder: "\(folder)/small/store", environment: processEnvironment())
            let fetch = #expect(throws: BaseSystemError.self) { try store.fetch(packages, suite: "bookworm") }
            #expect(fetch?.kind == .diskFull, "\(fetch as Any)")
            try Files.remove("\(folder)/small/store")

            // The archive does not fit either: nothing of it stays.
            #expect(throws: SystemError.self) {
                _ = try TarOutput.write(to: "\(folder)/small/base.tar") { output in
                    try output.add(
                        .init("x", .file, size: 8 << 20, mode: 0o644),
                        content: ZeroSource())
                }
            }
            #expect(try Files.names(in: "\(folder)/small").isEmpty)
        }
    }
}

/// Zeros without end.
private final class ZeroSource: ByteSource {
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        return buffer.count
    }
}
