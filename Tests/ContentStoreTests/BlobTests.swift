import Glibc
import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import ContentStore

@Suite struct BlobTests {
    @Test func contentIsFoundByItsDigest() throws {
        try withStore { store in
            let bytes = ContentStore.sample(300_000)
            let digest = Digest(of: bytes)
            #expect(store.blob(digest) == nil)
            let writer = try store.blobWriter()
            for start in stride(from: 0, to: bytes.count, by: 70_000) {
                try writer.write(bytes[start..<min(start + 70_000, bytes.count)])
                #expect(store.blob(digest) == nil, "nothing has its name before it is whole")
            }
            let blob = try writer.finish(expecting: digest, size: 300_000)
            #expect(blob.path == "\(store.root)/blobs/sha256/\(digest.hex)")
            #expect(store.blob(digest, size: 300_000) == blob)
            #expect(store.blob(digest, size: 299_999) == nil)
            #expect(try store.read(digest) == bytes)
            #expect(store.ingestNames.isEmpty)
        }
    }

    @Test func whatIsNotAsAnnouncedIsRefusedAndLeavesNothing() throws {
        try withStore { store in
            let wrong = Digest(of: [1])
            do {
                let writer = try store.blobWriter()
                try writer.write([1, 2, 3])
                let error = #expect(throws: ContentStoreError.self) { try writer.finish(expecting: wrong) }
                #expect(error?.cause == .wrongDigest(expected: wrong, actual: Digest(of: [1, 2, 3])))
            }
            do {
                let writer = try store.blobWriter()
                try writer.write([1, 2, 3])
                #expect(throws: ContentStoreError.self) { try writer.finish(size: 4) }
            }
            do {
                let writer = try store.blobWriter(limit: 2)
                #expect(throws: ContentStoreError.self) { try writer.write([1, 2, 3]) }
            }
            #expect(try Files.names(in: "\(store.root)/blobs/sha256").isEmpty)
            #expect(store.ingestNames.isEmpty)
        }
    }

    @Test func aDamagedBlobIsNoticedAndDropped() throws {
        try withStore { store in
            let blob = try store.store(Array("content".utf8))
            try Files.write("c0ntent", to: blob.path)
            #expect(throws: ContentStoreError.self) { try store.read(blob.digest) }
            #expect(!store.has(blob.digest))
            #expect(try store.store(Array("content".utf8)) == blob)
            #expect(try store.read(blob.digest) == Array("content".utf8))
        }
    }

    @Test func storingAgainMendsWhatIsDamaged() throws {
        try withStore { store in
            let blob = try store.store([1, 2, 3])
            try Files.write([3, 2, 1], to: blob.path)
            let writer = try store.blobWriter()
            try writer.write([1, 2, 3])
            _ = try writer.finish()
            #expect(try store.read(blob.digest) == [1, 2, 3])
        }
    }

    @Test func tenProcessesStoreTheSameContentAtOnce() throws {
        try withStore { store in
            let running = try (0..<10).map { _ in try store.writer(["blob", "3000000", "500"]) }
            let digests = Set(running.map { $0.text() })
            for process in running { #expect(process.child.wait().succeeded) }
            let bytes = ContentStore.sample(3_000_000)
            #expect(digests == ["\(Digest(of: bytes))\n"])
            #expect(try store.read(Digest(of: bytes)) == bytes)
            #expect(store.ingestNames.isEmpty)
        }
    }

    @Test func tenProcessesContinueTheSameContentAtOnce() throws {
        try withStore { store in
            let digest = Digest(of: ContentStore.sample(2_000_000))
            let running = try (0..<10).map { _ in
                try store.writer(["resume", "\(digest)", "2000000", "500"])
            }
            for process in running {
                _ = process.text()
                #expect(process.child.wait().succeeded)
            }
            #expect(try store.read(digest).count == 2_000_000)
        }
    }

    @Test(arguments: [1, 20, 60])
    func aKilledWriterLeavesOnlyWhatTheNextUseRemoves(milliseconds: UInt32) throws {
        try withStore { store in
            let live = try store.blobWriter()
            try live.write([7])
            let killed = try store.writer(["blob", "50000000", "2000"])
            #expect(eventually { store.ingestNames.count == 2 })
            usleep(milliseconds * 1000)
            killed.killNow()
            #expect(try Files.names(in: "\(store.root)/blobs/sha256").isEmpty)
            #expect(store.ingestNames.count == 2)
            let lease = try store.lease()
            #expect(store.ingestNames.count == 1, "what is being written stays, what nobody writes goes")
            #expect(try live.finish().digest == Digest(of: [7]))
            withExtendedLifetime(lease) {}
        }
    }

    @Test func aDownloadContinuesWhereAKilledProcessStopped() throws {
        try withStore { store in
            let bytes = ContentStore.sample(4_000_000)
            let digest = Digest(of: bytes)
            let killed = try store.writer(["resume", "\(digest)", "4000000", "3000"])
            #expect(killed.line() == "0")
            usleep(80_000)
            killed.killNow()
            let writer = try store.blobWriter(resuming: digest)
            #expect(writer.count > 0)
            #expect(writer.count < 4_000_000)
            try writer.write(bytes[Int(writer.count)...])
            _ = try writer.finish(expecting: digest)
            #expect(try store.read(digest) == bytes)
        }
    }

    @Test func aDamagedPartIsDroppedAndDoesNotStayInTheWay() throws {
        try withStore { store in
            let bytes = ContentStore.sample(1000)
            let digest = Digest(of: bytes)
            do {
                let writer = try store.blobWriter(resuming: digest)
                try writer.write([9, 9, 9])
            }
            do {
                let writer = try store.blobWriter(resuming: digest)
                #expect(writer.count == 3)
                try writer.write(bytes[3...])
                #expect(throws: ContentStoreError.self) { try writer.finish(expecting: digest) }
            }
            let writer = try store.blobWriter(resuming: digest)
            #expect(writer.count == 0)
            try writer.write(bytes)
            try writer.restart()
            try writer.write(bytes)
            _ = try writer.finish(expecting: digest)
        }
    }

    @Test func downloadsKeepTheirNames() throws {
        try withStore { store in
            let digest = Digest(of: [1, 2, 3])
            let writer = try store.writer(.wheels, resuming: digest, name: "a-1-py3-none-any.whl")
            try writer.write([1, 2, 3])
            let wheel = try writer.finish(expecting: digest)
            #expect(wheel.path == "\(store.root)/wheels/\(digest.hex)/a-1-py3-none-any.whl")
            #expect(store.file(.wheels, digest, name: "a-1-py3-none-any.whl") == wheel)
        }
    }

    @Test(arguments: ["", ".", "..", "../x", "a/b", "/x", "a\0b", "a\nb", String(repeating: "x", count: 256)])
    func aNameThatLeavesItsFolderIsRefused(name: String) throws {
        try withStore { store in
            #expect(throws: ContentStoreError.self) {
                try store.writer(.wheels, resuming: Digest(of: []), name: name)
            }
            #expect(store.file(.wheels, Digest(of: []), name: name) == nil)
        }
    }

    @Test func aUseIsWrittenDownOnlyNowAndThen() throws {
        try withStore { store in
            let blob = try store.store([1])
            func time() -> Double {
                var status = stat()
                stat(blob.path, &status)
                return UseTime.time(status).seconds
            }
            store.age(blob.path, by: 3600)
            let before = time()
            #expect(store.has(blob.digest))
            #expect(time() == before)
            store.age(blob.path, by: 2 * 86400)
            #expect(store.has(blob.digest))
            #expect(time() > Timestamp.now.seconds - 60)
        }
    }
}

@Suite(.enabled(if: geteuid() == 0, "mounting a file system needs root")) struct FullDiskTests {
    @Test func aFullDiskIsAnErrorThatLeavesNothing() throws {
        try withTemporaryFolder { folder in
            let mounted = try Tool(executable: "/usr/bin/mount", environment: ["PATH": "/usr/bin:/bin"]).run(
                ["-t", "tmpfs", "-o", "size=1m", "none", folder])
            try #require(mounted.succeeded, "\(mounted.errorText)")
            defer { umount(folder) }
            let store = ContentStore(home: "\(folder)/home")
            let small = try store.store([1, 2, 3])
            do {
                let writer = try store.blobWriter()
                let error = #expect(throws: SystemError.self) {
                    for _ in 0..<100 { try writer.write([UInt8](repeating: 1, count: 65536)) }
                }
                #expect(error?.code == ENOSPC)
            }
            #expect(store.ingestNames.isEmpty, "the room is free again")
            #expect(try store.read(small.digest) == [1, 2, 3])
            #expect(throws: SystemError.self) {
                try store.setRecord([UInt8](repeating: 1, count: 1 << 20), for: RecordKey("big", "1"))
            }
            #expect(try Files.names(in: "\(store.root)/facts/big").isEmpty)
        }
    }
}
