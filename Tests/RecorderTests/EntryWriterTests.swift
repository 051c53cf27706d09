import ExperimentModel
import Glibc
import HostSystem
import MarkdownEntry
import Testing

@testable import Recorder

@Suite struct EntryWriterTests {
    @Test func aNewEntryHasEverythingBesideIt() throws {
        try withFolder { folder in
            let record = try sampleRecord()
            let entry = try EntryWriter(LogbookFolder("\(folder)/log")).write(EntryPlan(record))
            #expect(entry.isNew && entry.folder.hasSuffix("/log/2026-11-23-digits"))
            #expect(
                try Files.names(in: entry.folder) == ["environment", "figures", "index.md", "metrics.csv", "run.json"])
            #expect(try Files.names(in: "\(folder)/log") == ["2026-11-23-digits"])
            let read = try RecordCoding.decode(RunManifest.self, from: Files.read("\(entry.folder)/run.json"))
            #expect(read == record.manifest)
        }
    }

    @Test func anEntryIsRenewedInPlaceAndKeepsThePersonsWords() throws {
        try withFolder { folder in
            let writer = EntryWriter(try LogbookFolder("\(folder)/log"))
            var record = try sampleRecord()
            let first = try writer.write(EntryPlan(record))
            // A person renames the folder, changes the title and writes.
            let moved = "\(folder)/log/my-best-run"
            #expect(rename(first.folder, moved) == 0)
            let text = try Files.readText("\(moved)/index.md").replacing("SimpleNet, AdamW 3e-4\"", with: "mine\"")
            try Files.write(text + "\nI think so.\n", to: "\(moved)/index.md")
            record.manifest.end?.status = .failed
            let second = try writer.write(EntryPlan(record))
            #expect(!second.isNew && second.folder == moved)
            let new = try Files.readText("\(moved)/index.md")
            #expect(new.contains("title: \"digits: mine\"") && new.hasSuffix("\nI think so.\n"))
            #expect(new.contains("run_status: failed"))
            #expect(try Files.names(in: "\(folder)/log") == ["my-best-run"])
        }
    }

    @Test func anEntryWhoseFrontMatterWasRemovedIsStillFoundAndGetsNone() throws {
        try withFolder { folder in
            let writer = EntryWriter(try LogbookFolder(folder))
            let plan = try EntryPlan(sampleRecord())
            let index = try writer.write(plan).folder + "/index.md"
            let body = String(try Files.readText(index).drop { $0 != "<" })
            try Files.write(body, to: index)
            let again = try writer.write(plan)
            #expect(!again.isNew && again.update.lacksFrontMatter)
            #expect(try Files.readText(index) == body)
        }
    }

    @Test func editedBlocksStopTheWritingBeforeAnyFileChanges() throws {
        try withFolder { folder in
            let writer = EntryWriter(try LogbookFolder(folder))
            var record = try sampleRecord()
            let entry = try writer.write(EntryPlan(record))
            let index = "\(entry.folder)/index.md"
            let edited = try Files.readText(index).replacing("| bench |", with: "| my bench |")
            try Files.write(edited, to: index)
            let table = try Files.read("\(entry.folder)/metrics.csv")
            record.series = []
            let error = #expect(throws: RecorderError.self) { try writer.write(EntryPlan(record)) }
            #expect(error?.description.contains("the block \"environment\" was edited by hand") == true)
            #expect(try Files.readText(index) == edited)
            #expect(try Files.read("\(entry.folder)/metrics.csv") == table)

            let forced = try writer.write(EntryPlan(record), force: true)
            #expect(forced.update.overwritten == ["environment"])
            #expect(forced.backup == "\(index).before-force")
            #expect(try Files.readText("\(index).before-force") == edited)
            #expect(try Files.readText(index).contains("| bench |"))
        }
    }

    @Test func conflictsAndForeignFrontMatterStopTheWritingEvenByForce() throws {
        try withFolder { folder in
            let writer = EntryWriter(try LogbookFolder(folder))
            let plan = try EntryPlan(sampleRecord())
            let index = try writer.write(plan).folder + "/index.md"
            let conflict = try Files.readText(index) + "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n"
            try Files.write(conflict, to: index)
            #expect(throws: RecorderError.self) { try writer.write(plan, force: true) }
            #expect(try Files.readText(index) == conflict)
            #expect(try Files.names(in: folder).count == 1)
        }
    }

    @Test func tenRunsThatEndAtOnceGetTenFolders() async throws {
        let folder = "/tmp/recorder-tests.\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        defer { try? Files.remove(folder) }
        let writer = EntryWriter(try LogbookFolder(folder))
        let plans = try (0..<10).map { try EntryPlan(sampleRecord($0 + 1)) }
        let folders = try await withThrowingTaskGroup(of: String.self) { group in
            for plan in plans { group.addTask { try writer.write(plan).folder } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(folders.count == 10)
        #expect(try Files.names(in: folder).count == 10)
        for entry in folders { #expect(Files.exists("\(entry)/index.md")) }
    }

    @Test func logFoldersThatCannotBeUsedAreRefused() throws {
        try withFolder { folder in
            symlink("\(folder)/nowhere", "\(folder)/dangling")
            try Files.write("x", to: "\(folder)/file")
            symlink("\(folder)/file", "\(folder)/link-to-file")
            try Files.makeFolder("\(folder)/real")
            symlink("\(folder)/real", "\(folder)/link")
            for (name, reason) in [
                ("dangling", "it is a link to something that does not exist"), ("file", "it is a file"),
                ("link-to-file", "it is a link to a file"), ("file/below", "not a directory"),
            ] {
                let error = #expect(throws: RecorderError.self) { try LogbookFolder("\(folder)/\(name)") }
                #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
            }
            let logbook = try LogbookFolder("\(folder)/link")
            _ = try EntryWriter(logbook).write(EntryPlan(sampleRecord()))
            #expect(try Files.names(in: "\(folder)/real") == ["2026-11-23-digits"])
            #expect(!Files.exists("\(folder)/nowhere"))
        }
    }

    @Test func readOnlyLogFoldersAreRefused() throws {
        try withFolder { folder in
            // Root may write where the mode says no, but not on a file system that is mounted read-only.
            if getuid() == 0 {
                try #require(mount("tmpfs", folder, "tmpfs", UInt(MS_RDONLY), "size=64k") == 0)
            } else {
                chmod(folder, 0o555)
            }
            defer { if getuid() == 0 { umount2(folder, Int32(MNT_DETACH)) } else { chmod(folder, 0o755) } }
            #expect(throws: RecorderError.self) { try LogbookFolder(folder) }
        }
    }

    @Test func aFailureLeavesNothingBehind() throws {
        try withFolder { folder in
            var record = try sampleRecord()
            // A file and a folder of the same name cannot both be.
            record.attachments = [
                EntryFile(path: "environment/a", bytes: [1]), EntryFile(path: "environment/a/b", bytes: [1]),
            ]
            let plan = try EntryPlan(record)
            let writer = EntryWriter(try LogbookFolder(folder))
            #expect(throws: RecorderError.self) { try writer.write(plan) }
            #expect(try Files.names(in: folder).isEmpty)
        }
    }

    @Test func notesAreAppendedToTheEntryOfTheRun() throws {
        try withFolder { folder in
            let writer = EntryWriter(try LogbookFolder(folder))
            let record = try sampleRecord()
            let index = try writer.write(EntryPlan(record, language: .chinese)).folder + "/index.md"
            let before = try Files.readText(index)
            let time = Timestamp(seconds: 1_795_428_764)
            let file = try writer.append(
                note: "lr too high", to: record.manifest.id.text, time: time, language: .english)
            #expect(file?.hasSuffix("/2026-11-23-digits/index.md") == true)
            let after = try Files.readText(index)
            let note = "\n- 2026-11-23 10:12 lr too high\n"
            #expect(after.contains(note) && after.replacing(note, with: "") == before)
            #expect(try writer.append(note: "x", to: "other", time: time, language: .english) == nil)
        }
    }

    @Test func runFoldersAreTakenWithoutTheirLinks() throws {
        try withFolder { folder in
            try Files.makeFolder("\(folder)/environment")
            try Files.makeFolder("\(folder)/media")
            try Files.write("torch==2.8\nnumpy==2.1\n", to: "\(folder)/environment/packages.txt")
            try Files.write("NVIDIA-SMI", to: "\(folder)/environment/nvidia-smi.txt")
            try Files.write("png", to: "\(folder)/media/a.png")
            symlink("/etc/hostname", "\(folder)/environment/link")
            var record = try sampleRecord()
            record.attachments = []
            record.images = ["media/a.png", "../../etc/hostname", "media/gone.png"].map {
                LoggedImage(name: "digits", step: 3, path: $0)
            }
            try record.attach(runFolder: folder)
            #expect(
                record.attachments.map(\.path)
                    == ["environment/nvidia-smi.txt", "environment/packages.txt", "media/a.png"])
            #expect(record.packages.count == 2 && record.gpuReport == "NVIDIA-SMI")
        }
    }
}
