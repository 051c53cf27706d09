import ExperimentModel
import Glibc
import HostSystem
import RunStore
import TestSupport
import Testing

@Suite struct RunIndexTests {
    private func names(_ project: TemporaryProject) -> [String] {
        RunIndex(store: project.store).listing().rows.map(\.name)
    }

    @Test func theListingFollowsTheFolder() throws {
        let project = try TemporaryProject()
        #expect(names(project).isEmpty)
        let first = try project.addRun("a", second: 1, parameters: ["lr": .number(3e-4)], metrics: ["val_acc": 0.97])
        try project.addRun("b", second: 2, end: .outOfMemory)
        for _ in 0..<2 {
            let rows = RunIndex(store: project.store).listing().rows
            #expect(rows.map(\.name) == ["a", "b"])
            #expect(rows.map(\.status) == [.finished, .outOfMemory])
            #expect(rows[0].parameter("lr") == .number(3e-4))
            #expect(rows[0].metric("val_acc") == 0.97)
            #expect(rows[0].primaryValue == 0.97)
            #expect(rows[0].duration == 41.5)
        }
        var manifest = try first.readManifest()
        manifest.name = "c"
        try first.write(manifest)
        #expect(names(project) == ["c", "b"])
        try project.store.remove(first)
        #expect(names(project) == ["b"])
    }

    @Test func aRunWithoutAnEndIsLookedAtEachTime() throws {
        let project = try TemporaryProject()
        let folder = try project.addRun("a", end: nil)
        #expect(RunIndex(store: project.store).listing().rows.map(\.status) == [.interrupted])
        let writer = try JournalWriter(folder.journalPath)
        let rows = RunIndex(store: project.store).listing().rows
        #expect(rows.map(\.status) == [.running])
        #expect((rows[0].duration ?? 0) > 0)
        _ = writer.pendingBytes
    }

    @Test func nothingIsLeftBesideTheIndex() throws {
        let project = try TemporaryProject()
        try project.addRun("a")
        #expect(names(project) == ["a"])
        #expect(try Files.names(in: project.store.stateFolder) == [".gitignore", "index.sqlite", "runs"])
    }

    @Test func aDamagedIndexIsMadeAnew() throws {
        let project = try TemporaryProject()
        for second in 0..<40 { try project.addRun("run-\(second)", second: UInt64(second)) }
        let truth = names(project)
        let good = try Files.read(project.store.indexPath)
        var random = SeededGenerator(11)
        for round in 0..<60 {
            var bytes = round == 0 ? Array("not a database at all, and longer than its header has to be".utf8) : good
            if round > 30 { bytes = random.mutate(bytes) }
            for _ in 0..<(round == 0 ? 0 : 20) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if round % 7 == 3 { bytes.removeLast(bytes.count / 2) }
            try Files.write(bytes, to: project.store.indexPath)
            #expect(names(project) == truth)
        }
        try Files.remove(project.store.indexPath)
        #expect(names(project) == truth)
    }

    @Test func withoutAPlaceForTheIndexTheRowsAreThereAllTheSame() throws {
        let project = try TemporaryProject()
        try project.addRun("a")
        try Files.makeFolder(project.store.indexPath)
        #expect(names(project) == ["a"])
    }

    @Test func aDamagedManifestIsReportedAndTheOthersListed() throws {
        let project = try TemporaryProject()
        try project.addRun("a", second: 1)
        let damaged = try project.addRun("b", second: 2)
        try project.addRun("c", second: 3)
        try Files.write("{", to: damaged.manifestPath)
        for _ in 0..<2 {
            let listing = RunIndex(store: project.store).listing()
            #expect(listing.rows.map(\.name) == ["a", "c"])
            #expect(listing.damaged.map(\.path) == [damaged.manifestPath])
        }
    }

    @Test func listingsAtOnceAgree() async throws {
        let project = try TemporaryProject()
        for second in 0..<200 { try project.addRun("run-\(second)", second: UInt64(second)) }
        let store = project.store
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { RunIndex(store: store).listing().rows.count } }
            for await count in group { #expect(count == 200) }
        }
        #expect(names(project).count == 200)
    }

    @Test func rowsReadBackAndDamagedBytesAreRefused() throws {
        let id = try #require(RunID("0193a5f2-7c1e-7000-8000-0123456789ab"))
        let row = RunRow(
            id: id, name: "学习", status: .killed, started: Timestamp(seconds: 1.25), duration: nil,
            parameters: [
                Parameter(name: "a", value: .integer(.min), source: "argv"),
                Parameter(name: "b", value: .boolean(true), source: ""),
                Parameter(name: "c", value: .text(""), source: "x"),
                Parameter(name: "d", value: .number(0.1), source: "x"),
            ],
            primary: PrimaryMetric(metric: "m", goal: .min), primaryStep: -3, lastStep: 9, points: 4,
            metrics: [.init(name: "m", value: -.infinity)])
        let bytes = RowCoding.encode(row)
        #expect(bytes.withUnsafeBytes { RowCoding.decode($0) } == row)
        var random = SeededGenerator(5)
        for _ in 0..<5000 {
            let mutated = random.mutate(bytes)
            if mutated != bytes { #expect(mutated.withUnsafeBytes { RowCoding.decode($0) } == nil) }
        }
    }
}
