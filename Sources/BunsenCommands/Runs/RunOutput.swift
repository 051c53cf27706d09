import RunStore

/// What a run printed, read as far as it goes, and again while the run lasts.
struct RunOutput {
    private let folder: RunFolder
    private let reader: OutputLogReader

    /// - Parameter tail: begins with the last so many lines; nil begins with the first one.
    init(_ folder: RunFolder, tail: Int? = nil) throws {
        self.folder = folder
        let offset = try tail.map { try OutputLogReader.offsetOfLast(max(0, $0), in: folder.outputPath) }
        reader = try OutputLogReader(folder.outputPath, offset: offset ?? 0)
    }

    /// Hands out what was added since the last call. Returns whether more may come: the run goes on.
    func read(_ entry: (OutputLogEntry) throws -> Void) throws -> Bool {
        // Asked before reading: what was written before the end is read after it.
        let isRunning = folder.isHeld
        try reader.readAvailable(entry)
        return isRunning
    }
}
