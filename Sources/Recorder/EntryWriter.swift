import Glibc
import HostSystem
import MarkdownEntry

/// What writing an entry came to.
package struct WrittenEntry: Sendable {
    package let folder: String
    package let isNew: Bool
    package var update = EntryUpdate()
    /// Copy of `index.md` as it was, where `force` wrote over a person's edits.
    package var backup: String?
}

/// Writes entries into a logbook.
package struct EntryWriter: Sendable {
    private let logbook: LogbookFolder

    package init(_ logbook: LogbookFolder) {
        self.logbook = logbook
    }

    /// Writes the entry of a run: a new folder in one step, or the machine's parts of the folder that is there.
    ///
    /// - Parameters:
    ///   - force: writes over blocks that a person edited, after a copy of the file was kept beside it, and puts removed
    ///     blocks back.
    ///   - lock: a file on which writers of this logbook wait for each other, so that two who record the same run at once
    ///     make one entry. It should lie outside the logbook, which is committed.
    package func write(_ plan: EntryPlan, force: Bool = false, lock: String? = nil) throws(RecorderError)
        -> WrittenEntry
    {
        do {
            let held = try lock.map(FileLock.wait)
            defer { withExtendedLifetime(held) {} }
            if let folder = try logbook.entry(of: plan.runID.text) { return try renew(folder, plan, force: force) }
            return WrittenEntry(folder: try create(plan), isNew: true)
        } catch let error as RecorderError {
            throw error
        } catch {
            throw RecorderError("write the entry of run", plan.runID.text, cause: error)
        }
    }

    /// Built in a hidden sibling, so that readers never see a half of it.
    private func create(_ plan: EntryPlan) throws -> String {
        let temporary = "\(logbook.path)/.\(plan.runID.text).\(UInt32.random(in: 0...UInt32.max)).tmp"
        var claimed: String?
        do {
            for file in plan.files { try write(file, below: temporary) }
            try write(EntryFile(path: "index.md", bytes: plan.index), below: temporary)
            let folder = try logbook.claim(plan.folderName)
            claimed = folder
            // rename(2) replaces the empty folder that holds the name.
            guard rename(temporary, folder) == 0 else { throw SystemError("write", folder) }
            return folder
        } catch {
            try? Files.remove(temporary)
            if let claimed { rmdir(claimed) }
            throw error
        }
    }

    private func renew(_ folder: String, _ plan: EntryPlan, force: Bool) throws -> WrittenEntry {
        let index = "\(folder)/index.md"
        let old = try Files.read(index)
        var document = try EntryDocument(parsing: old, path: index)
        let update = try document.update(plan.blocks, force: force)
        document.set(plan.runKeys)
        var result = WrittenEntry(folder: folder, isNew: false, update: update)
        if !update.overwritten.isEmpty { result.backup = try keep(old, of: index) }
        for file in plan.files { try write(file, below: folder) }
        try replace(index, old, with: document.bytes)
        return result
    }

    private func write(_ file: EntryFile, below folder: String) throws {
        let path = "\(folder)/\(file.path)"
        if let parent = Files.parent(of: path) { try Files.makeFolder(parent) }
        // What has not changed keeps its time, so that site builders have nothing to do.
        if let old = try? Files.read(path), old == file.bytes { return }
        try Files.write(file.bytes, to: path)
    }

    /// Refuses when an editor saved the file since it was read.
    private func replace(_ index: String, _ old: [UInt8], with new: [UInt8]) throws {
        if new == old { return }
        guard try Files.read(index) == old else {
            throw RecorderError("write", index, reason: "it was changed while it was being rewritten; try again")
        }
        try Files.write(new, to: index)
    }

    /// `index.md.before-force`, or with a number behind it: an older copy is never replaced.
    private func keep(_ bytes: [UInt8], of index: String) throws -> String {
        for number in 1...10_000 {
            let path = "\(index).before-force\(number == 1 ? "" : "-\(number)")"
            let number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if number < 0, errno == EEXIST { continue }
            guard number >= 0 else { throw SystemError("write", path) }
            let descriptor = Descriptor(owning: number)
            try descriptor.writeAll(bytes, path: path)
            guard fsync(descriptor.number) == 0 else { throw SystemError("write", path) }
            return path
        }
        throw SystemError("keep a copy of", index, code: EEXIST)
    }
}

extension EntryWriter {
    /// Appends a remark of a person to the observations of an entry and changes nothing else. Returns the file; nil where
    /// the run has no entry.
    package func append(note: String, to run: String, time: Timestamp, language: EntryLanguage) throws(RecorderError)
        -> String?
    {
        guard let folder = try logbook.entry(of: run) else { return nil }
        let index = "\(folder)/index.md"
        do {
            let old = try Files.read(index)
            let document = try EntryDocument(parsing: old, path: index)
            let minute = String(time.rfc3339.prefix(16)).replacing("T", with: " ")
            let new = document.appending(
                note: note, time: minute, headings: Phrases.observationHeadings,
                fallback: language.phrases.observationsHeading)
            try replace(index, old, with: new)
            return index
        } catch {
            throw RecorderError("add a note to", index, cause: error)
        }
    }
}
