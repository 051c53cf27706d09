import RunStore

/// A run's journal, read and merged once for all who want something of it: with millions of points both take seconds.
struct JournalReading {
    let content: JournalContent
    let metrics: MergedMetrics

    init(_ folder: RunFolder) throws {
        content = try JournalContent(readingFrom: folder.journalPath)
        metrics = content.metrics
    }
}
