import Glibc
import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import ContentStore

@Suite struct PruneTests {
    /// An image of two layers, with its blobs in the store.
    private func image(_ name: String, _ seed: UInt8, in store: ContentStore) throws -> (ImageManifest, [Digest]) {
        let layers = try [[seed, 1], [seed, 2]].map { bytes in
            let blob = try store.store(bytes)
            return ContentDescriptor(mediaType: .layerGzip, digest: blob.digest, size: blob.size)
        }
        let diffIDs = [Digest(of: [seed, 3]), Digest(of: [seed, 4])]
        let configuration = try Document(
            ImageConfiguration(platform: .host, config: nil, diffIDs: diffIDs, history: nil),
            mediaType: .configuration)
        try store.store(configuration)
        let manifest = try Document(
            ImageManifest(config: configuration.descriptor, layers: layers), mediaType: .manifest)
        try store.store(manifest)
        let index = try Document(ImageIndex(manifests: [manifest.descriptor]), mediaType: .index)
        try store.store(index)
        try store.setImage(ImageRecord(name: name, manifest: index.descriptor))
        return (manifest.value, diffIDs)
    }

    private func ageAll(_ store: ContentStore, by seconds: Double) throws {
        for name in try Files.names(in: "\(store.root)/blobs/sha256") {
            store.age("\(store.root)/blobs/sha256/\(name)", by: seconds)
        }
    }

    private func snapshot(_ id: Digest, in store: ContentStore) throws {
        let writer = try store.snapshotWriter()
        try Files.write("x", to: "\(writer.tree)/f")
        _ = try writer.finish(as: id, note: "a test")
        store.age("\(store.folder(ofSnapshot: id))/\(Snapshot.marker)", by: 86400)
    }

    @Test func whatANameRefersToStays() throws {
        try withStore { store in
            let (kept, keptIDs) = try image("kept", 1, in: store)
            let (gone, goneIDs) = try image("gone", 2, in: store)
            for ids in [keptIDs, goneIDs] {
                try snapshot(ids[0], in: store)
                try snapshot(try #require(Snapshot.chainID(ids)), in: store)
            }
            let keptChain = try #require(Snapshot.chainID(keptIDs))
            let goneChain = try #require(Snapshot.chainID(goneIDs))
            try store.removeImage(named: "gone")
            #expect(try store.prune(PruneOptions(), dryRun: false).removed.filter { $0.item.kind == .blobs }.isEmpty)
            try ageAll(store, by: 3600)

            let planned = try store.prune(PruneOptions(), dryRun: true)
            #expect(planned.removed.filter { $0.item.kind == .blobs }.count == 5)
            #expect(store.has(gone.config.digest), "a dry run removes nothing")
            let done = try store.prune(PruneOptions(), dryRun: false)
            #expect(done.removed.count == planned.removed.count)
            #expect(done.freed == planned.freed)
            for digest in [kept.config.digest] + kept.layers.map(\.digest) { #expect(store.has(digest)) }
            for digest in [gone.config.digest] + gone.layers.map(\.digest) { #expect(!store.has(digest)) }
            #expect(store.snapshot(keptIDs[0]) != nil)
            #expect(store.snapshot(keptChain) != nil)
            #expect(store.snapshot(goneIDs[0]) == nil)
            #expect(store.snapshot(goneChain) == nil)
            #expect(try store.prune(PruneOptions(), dryRun: false).removed.isEmpty)
        }
    }

    @Test func aSnapshotInUseStays() throws {
        try withStore { store in
            try snapshot(Digest(of: [1]), in: store)
            var used = store.snapshot(Digest(of: [1]))
            #expect(used != nil)
            store.age("\(store.folder(ofSnapshot: Digest(of: [1])))/\(Snapshot.marker)", by: 86400)
            let result = try store.prune(PruneOptions(), dryRun: false)
            #expect(result.kept.map(\.reason) == [.inUse])
            used = nil
            #expect(try store.prune(PruneOptions(), dryRun: false).removed.count == 1)
        }
    }

    @Test func whatALivingProcessMayHaveUsedStays() throws {
        try withStore { store in
            let used = try store.store([1])
            let unused = try store.store([2])
            store.age(used.path, by: 3600)
            store.age(unused.path, by: 9 * 3600)
            let holder = try store.writer(["lease"])
            #expect(holder.line() == "ready")
            let during = try store.prune(PruneOptions(), dryRun: false)
            #expect(during.isStoreInUse)
            #expect(during.removed.map(\.item.name) == [unused.digest.hex])
            holder.killNow()
            let after = try store.prune(PruneOptions(), dryRun: false)
            #expect(!after.isStoreInUse)
            #expect(after.removed.map(\.item.name) == [used.digest.hex])
            #expect(try Files.names(in: store.leasesFolder).isEmpty)
        }
    }

    @Test func downloadsGoByAgeAndBudgetOnly() throws {
        try withStore { store in
            var files: [StoredBlob] = []
            for (index, days) in [40.0, 20, 1].enumerated() {
                let bytes = [UInt8](repeating: UInt8(index), count: 1 << 20)
                let writer = try store.writer(.wheels, resuming: Digest(of: bytes), name: "w\(index).whl")
                try writer.write(bytes)
                files.append(try writer.finish())
                store.age(files[index].path, by: days * 86400)
            }
            #expect(try store.prune(PruneOptions(), dryRun: false).removed.isEmpty)
            var options = PruneOptions()
            options.olderThan = 30 * 86400
            #expect(try store.prune(options, dryRun: false).removed.map(\.item.name) == ["w0.whl"])
            options = PruneOptions()
            options.budget = store.usage().total
            #expect(try store.prune(options, dryRun: false).removed.isEmpty)
            options.budget = store.usage().total - 1
            #expect(try store.prune(options, dryRun: false).removed.map(\.item.name) == ["w1.whl"])
            #expect(store.usage().total <= options.budget ?? 0)
        }
    }

    /// Environments are hard links to uv's unpacked wheels: both have to go before the room is free.
    @Test func sharedFilesAreCountedOnceAndFreedWithTheirLastName() throws {
        try withStore { store in
            let archive = "\(store.home)/cache/uv/archive-v0/a"
            let environment = "\(store.home)/environments/e"
            try Files.makeFolder(archive)
            try Files.makeFolder(environment)
            try Files.write([UInt8](repeating: 1, count: 1 << 20), to: "\(archive)/big.so")
            #expect(link("\(archive)/big.so", "\(environment)/big.so") == 0)
            try Files.write("{}", to: "\(environment)/environment.json")
            try Files.write("", to: "\(environment).lock")
            chmod(environment, 0o555)
            let parts = Dictionary(uniqueKeysWithValues: store.usage().parts.map { ($0.kind, $0.bytes) })
            #expect((parts[.environments] ?? 0) >= 1 << 20)
            #expect((parts[.uvCache] ?? 0) < 1 << 19)
            store.age("\(environment)/environment.json", by: 50 * 86400)
            var options = PruneOptions()
            options.budget = 0

            let run = try FileLock.share("\(environment).lock")
            let during = try store.prune(options, dryRun: false)
            #expect(during.removed.isEmpty, "a run uses the environment, and so the unpacked wheel")
            #expect(during.kept.map(\.item.kind) == [.environments])
            withExtendedLifetime(run) {}
        }
    }

    @Test func anEnvironmentGoesWithItsUnpackedWheels() throws {
        try withStore { store in
            let archive = "\(store.home)/cache/uv/archive-v0/a"
            let environment = "\(store.home)/environments/e"
            for folder in [archive, environment, "\(store.home)/cache/bytecode/e"] { try Files.makeFolder(folder) }
            try Files.write([UInt8](repeating: 1, count: 1 << 20), to: "\(archive)/big.so")
            #expect(link("\(archive)/big.so", "\(environment)/big.so") == 0)
            try Files.write("{}", to: "\(environment)/environment.json")
            chmod(environment, 0o555)
            var options = PruneOptions()
            options.budget = 0
            let planned = try store.prune(options, dryRun: true)
            let done = try store.prune(options, dryRun: false)
            #expect(done.removed.map(\.item.kind) == [.environments, .uvCache])
            #expect(planned.freed == done.freed)
            #expect(done.freed >= 1 << 20)
            #expect(done.freed < 3 << 19, "the file's room is counted once")
            for path in [archive, environment, "\(store.home)/cache/bytecode/e"] { #expect(!Files.exists(path)) }
        }
    }

    @Test func namesOfImagesGoOnlyWhenAskedFor() throws {
        try withStore { store in
            let (manifest, _) = try image("old", 1, in: store)
            try ageAll(store, by: 100 * 86400)
            let record = try #require(store.image(named: "old"))
            try store.setImage(
                ImageRecord(name: "old", manifest: record.manifest, time: Timestamp(seconds: 1)))
            var options = PruneOptions()
            options.olderThan = 90 * 86400
            #expect(try store.prune(options, dryRun: false).removed.isEmpty)
            options.includesImages = true
            #expect(try store.prune(options, dryRun: true).removed.count == 6)
            #expect(store.image(named: "old") != nil)
            #expect(try store.prune(options, dryRun: false).removed.count == 6)
            #expect(store.image(named: "old") == nil)
            #expect(!store.has(manifest.config.digest))
        }
    }

    @Test func aKilledSnapshotIsSweptAndALivingOneIsNot() throws {
        try withStore { store in
            let writer = try store.snapshotWriter()
            let left = "\(store.ingestFolder)/1-left"
            try Files.makeFolder("\(left)/tree")
            try Files.write("x", to: "\(left)/tree/f")
            try Files.write("", to: "\(left).lock")
            let planned = try store.prune(PruneOptions(), dryRun: true)
            #expect(planned.removed.map(\.item.kind) == [.leftovers])
            let done = try store.prune(PruneOptions(), dryRun: false)
            #expect(done.freed == planned.freed)
            #expect(!Files.exists(left))
            #expect(!Files.exists("\(left).lock"))
            _ = try writer.finish(as: Digest(of: [1]), note: "")
            #expect(store.snapshot(Digest(of: [1])) != nil)
            #expect(store.ingestNames.isEmpty)
        }
    }

    @Test func theFirstOfTwoSnapshotsIsUsedByBoth() throws {
        try withStore { store in
            let id = Digest(of: [1])
            let one = try store.snapshotWriter()
            let two = try store.snapshotWriter()
            try Files.write("one", to: "\(one.tree)/f")
            try Files.write("two", to: "\(two.tree)/f")
            _ = try one.finish(as: id, note: "")
            let second = try two.finish(as: id, note: "")
            #expect(try Files.readText("\(second.tree)/f") == "one")
        }
    }

    @Test func packagesOfBasesGoByAgeOnly() throws {
        try withStore { store in
            try Files.makeFolder(store.packagesFolder)
            let package = { (byte: UInt8) in "\(store.packagesFolder)/\(Digest(of: [byte]).hex)" }
            for byte in UInt8(1)...2 { try Files.write([byte], to: package(byte)) }
            store.age(package(1), by: 20 * 86400)
            #expect(store.usage().parts.first { $0.kind == .packages }?.count == 2)
            #expect(try store.prune(PruneOptions(), dryRun: false).removed.isEmpty)
            var options = PruneOptions()
            options.olderThan = 10 * 86400
            #expect(try store.prune(options, dryRun: false).removed.map(\.item.kind) == [.packages])
            #expect(!Files.exists(package(1)) && Files.exists(package(2)))
        }
    }

    @Test func nothingIsMadeWhereThereIsNoStore() throws {
        try withStore { store in
            let result = try store.prune(PruneOptions(), dryRun: true)
            #expect(result.removed.isEmpty)
            #expect(store.usage().parts.isEmpty)
            let check = try store.check()
            #expect(check.isSound)
            #expect(!Files.exists(store.home))
        }
    }
}

@Suite struct CheckTests {
    @Test func damageIsFoundAndDropped() throws {
        try withStore { store in
            let sound = try store.store([1])
            let damaged = try store.store([2, 2, 2])
            let writer = try store.writer(.wheels, resuming: Digest(of: [3]), name: "a.whl")
            try writer.write([3])
            let wheel = try writer.finish()
            let package = "\(store.packagesFolder)/\(Digest(of: [4]).hex)"
            try Files.makeFolder("\(store.packagesFolder)/.incoming")
            try Files.write([0], to: package)
            try store.setRecord(1, for: RecordKey("kind", "a"))
            let manifest = ContentDescriptor(mediaType: .manifest, digest: damaged.digest, size: 3)
            try store.setImage(ImageRecord(name: "n", manifest: manifest))
            try Files.write([2, 0, 2], to: damaged.path)
            try Files.write([0], to: wheel.path)
            let fact = "\(store.root)/facts/kind/\(RecordKey("kind", "a").fileName)"
            try Files.write(try Files.read(fact) + [0x20], to: fact)
            try Files.write("{", to: "\(store.root)/images/x.json")

            let check = try store.check()
            #expect(check.checked == 7)
            #expect(Set(check.damaged.map(\.kind)) == [.blobs, .wheels, .packages, .facts, .images])
            #expect(check.damaged.allSatisfy { $0.isRemoved })
            #expect(check.incomplete.map(\.image) == ["n"])
            #expect(store.has(sound.digest))
            #expect(!store.has(damaged.digest))
            #expect(try Files.names(in: store.packagesFolder) == [".incoming"])
            let again = try store.check()
            #expect(again.damaged.isEmpty)
            #expect(again.checked == 2)
        }
    }
}
