/// What one event file holds, from one pass over it.
package struct EventFileSummary: Sendable, Equatable {
    package let path: String
    /// Such as `brain.Event:2`; nil where no record says.
    package let fileVersion: String?
    /// Where and why the pass ended: `.caughtUp` for a file without fault at its end.
    package let outcome: ReadOutcome
    package let totals: EventFileTotals
    /// How often the writer said that it was restarted.
    package let restarts: Int
    /// In the order of their first value.
    package let tags: [EventTagSummary]

    /// Reads the whole file, checksums included, a chunk at a time.
    package init(path: String) throws(EventFileError) {
        var reader = EventFileReader(path: path)
        var statistics: [EventTagStatistics] = []
        var restarts = 0
        outcome = try reader.readAvailable { item in
            switch item {
            case .scalar(let point):
                statistics.makeRoom(for: point.tag)
                statistics[point.tag.index].add(point)
            case .value(let value):
                statistics.makeRoom(for: value.tag)
                statistics[value.tag.index].add(value)
            case .restart: restarts += 1
            case .tag: break
            }
        }
        self.path = path
        self.restarts = restarts
        tags = zip(reader.tags.all, statistics).compactMap { tag, statistics in
            // A tag whose only values were damaged has a name but nothing to tell.
            statistics.count == 0
                ? nil : EventTagSummary(name: tag.name, pluginName: tag.pluginName, statistics: statistics)
        }
        fileVersion = reader.fileVersion
        totals = reader.totals
    }
}

/// What one event file holds of one tag.
package struct EventTagSummary: Sendable, Equatable {
    package let name: String
    /// The TensorBoard plugin that the file names; empty where it names none.
    package let pluginName: String
    package let statistics: EventTagStatistics
}

/// The numbers of a tag's summary; its fields need no reference counting, as they change with each record.
package struct EventTagStatistics: Sendable, Equatable {
    /// The kind of the first value.
    package private(set) var kind = LoggedKind.other
    /// Whether later values are of another kind, which a writer should not do.
    package private(set) var hasMixedKinds = false
    /// Values; images, clips or strings that were logged together are one.
    package private(set) var count = 0
    package private(set) var firstStep: Int64 = 0
    package private(set) var lastStep: Int64 = 0
    /// Seconds since 1970.
    package private(set) var firstWallTime = 0.0
    package private(set) var lastWallTime = 0.0
    /// Of the finite scalars; nil where there are none.
    package var minimum: Double? { lowest <= highest ? lowest : nil }
    package var maximum: Double? { lowest <= highest ? highest : nil }
    /// Scalars that are infinite or not a number.
    package private(set) var nonFiniteCount = 0
    /// The last scalar.
    package private(set) var last: ScalarPoint?

    private var lowest = Double.infinity
    private var highest = -Double.infinity

    fileprivate mutating func add(_ point: ScalarPoint) {
        note(.scalar, step: point.step, wallTime: point.wallTime)
        last = point
        guard point.value.isFinite else {
            nonFiniteCount += 1
            return
        }
        if point.value < lowest { lowest = point.value }
        if point.value > highest { highest = point.value }
    }

    fileprivate mutating func add(_ value: LoggedValue) {
        note(value.content.kind, step: value.step, wallTime: value.wallTime)
    }

    private mutating func note(_ kind: LoggedKind, step: Int64, wallTime: Double) {
        if count == 0 {
            self.kind = kind
            firstStep = step
            firstWallTime = wallTime
        } else if kind != self.kind {
            hasMixedKinds = true
        }
        count += 1
        lastStep = step
        lastWallTime = wallTime
    }
}

extension [EventTagStatistics] {
    fileprivate mutating func makeRoom(for tag: TagID) {
        while count <= tag.index { append(EventTagStatistics()) }
    }
}
