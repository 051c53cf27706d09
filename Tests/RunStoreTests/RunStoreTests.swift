import ExperimentModel
import HostSystem
import RunStore
import Testing

@Suite struct RunStoreTests {
    @Test func aManifestReadsBackAsItWasWritten() throws {
        let project = try TemporaryProject()
        let folder = try project.addRun("digits", parameters: ["lr": .number(3e-4)], metrics: ["loss": .nan])
        let manifest = try folder.readManifest()
        #expect(manifest.name == "digits")
        #expect(manifest.parameters.first?.value == .number(3e-4))
        #expect(manifest.summary?.last["loss"]?.isNaN == true)
        #expect(try Files.readText("\(project.path)/.bunsen/.gitignore") == "*\n")
    }

    @Test func aRunWithoutAnEndIsRunningWhileItsJournalIsHeldAndInterruptedAfterwards() throws {
        let project = try TemporaryProject()
        let folder = try project.addRun("digits", end: nil)
        #expect(try folder.status() == .interrupted)
        do {
            let writer = try JournalWriter(folder.journalPath)
            #expect(try folder.status() == .running)
            #expect(throws: RunStoreError.self) { try JournalWriter(folder.journalPath) }
            _ = writer.pendingBytes
        }
        #expect(try folder.status() == .interrupted)
        #expect(try project.addRun("other", end: .failed).status() == .failed)
    }

    @Test func runsAreFoundByIdPrefixShortIdNameAndLatest() throws {
        let project = try TemporaryProject()
        let old = try project.addRun("digits", second: 1)
        let new = try project.addRun("digits", second: 2)
        let other = try project.addRun("other", second: 100_000_000)
        for reference in [old.id.text, old.id.short, String(old.id.short.prefix(7)), old.id.short.uppercased()] {
            #expect(try project.store.find(reference) == old)
        }
        #expect(try project.store.find("digits") == new)
        #expect(try project.store.find("latest") == other)
        #expect(try project.store.latest() == other)
        #expect(try project.store.find(String(other.id.text.prefix(8))) == other)
    }

    @Test func anAmbiguousOrUnknownReferenceNamesCandidates() throws {
        let project = try TemporaryProject()
        #expect(throws: RunStoreError.self) { try project.store.find("latest") }
        let first = try project.addRun("digits", second: 1)
        let second = try project.addRun("digits", second: 2)
        let prefix = String(first.id.text.prefix(8))
        let ambiguous = try #require(throws: RunStoreError.self) { try project.store.find(prefix) }
        #expect(ambiguous.description.contains("2 runs fit"))
        #expect(ambiguous.description.contains(first.id.short))
        #expect(ambiguous.description.contains(second.id.short))
        let unknown = try #require(throws: RunStoreError.self) { try project.store.find("nothing") }
        #expect(unknown.description.contains("the newest runs are \(second.id.short) (digits"))
        #expect(throws: RunStoreError.self) { try project.store.find("") }
    }

    @Test func aRunningRunIsRemovedByForceOnly() throws {
        let project = try TemporaryProject()
        let folder = try project.addRun("digits", end: nil)
        let writer = try JournalWriter(folder.journalPath)
        #expect(throws: RunStoreError.self) { try project.store.remove(folder) }
        #expect(Files.exists(folder.manifestPath))
        try project.store.remove(folder, force: true)
        try writer.flush()
        #expect(try Files.names(in: project.store.runsFolder).isEmpty)
    }

    @Test func aRemovalThatCrashedIsInvisibleAndFinishedLater() throws {
        let project = try TemporaryProject()
        let kept = try project.addRun("kept")
        let gone = try project.addRun("gone")
        try Files.makeFolder("\(project.store.runsFolder)/.removing-\(gone.id.text)x/media")
        #expect(try project.store.folders().count == 2)
        try project.store.remove(gone)
        #expect(try Files.names(in: project.store.runsFolder) == [kept.id.text])
    }

    @Test func aDamagedManifestIsAnErrorThatNamesTheFile() throws {
        let project = try TemporaryProject()
        let folder = try project.addRun("digits")
        try Files.write("{\"id\": 3", to: folder.manifestPath)
        let error = try #require(throws: RunStoreError.self) { try folder.readManifest() }
        #expect(error.description.contains(folder.manifestPath))
    }
}
