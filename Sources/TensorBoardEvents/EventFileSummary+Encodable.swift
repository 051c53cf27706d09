/// The form that `--format json` prints. Numbers that JSON cannot hold are the strings "NaN", "Infinity" and
/// "-Infinity", as MLflow writes them.
extension EventFileSummary: Encodable {
    private enum CodingKeys: String, CodingKey {
        case path, outcome, detail, records, bytes, sound, restarts, tags
        case fileVersion = "file_version"
        case badChecksums = "bad_checksums"
        case firstBadChecksum = "first_bad_checksum"
        case oversizedRecords = "oversized_records"
        case malformedRecords = "malformed_records"
        case malformedValues = "malformed_values"
        case valuesWithoutTag = "values_without_tag"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(path, forKey: .path)
        try container.encodeIfPresent(fileVersion, forKey: .fileVersion)
        try container.encode(outcome.name, forKey: .outcome)
        try container.encode(outcome.description, forKey: .detail)
        try container.encode(totals.records, forKey: .records)
        try container.encode(totals.bytes, forKey: .bytes)
        try container.encode(totals.isSound && outcome == .caughtUp, forKey: .sound)
        try container.encode(totals.badChecksums, forKey: .badChecksums)
        try container.encodeIfPresent(totals.firstBadChecksum, forKey: .firstBadChecksum)
        try container.encode(totals.oversizedRecords, forKey: .oversizedRecords)
        try container.encode(totals.malformedRecords, forKey: .malformedRecords)
        try container.encode(totals.malformedValues, forKey: .malformedValues)
        try container.encode(totals.valuesWithoutTag, forKey: .valuesWithoutTag)
        try container.encode(restarts, forKey: .restarts)
        try container.encode(tags, forKey: .tags)
    }
}

extension ReadOutcome {
    /// One word for programs.
    package var name: String {
        switch self {
        case .caughtUp: "complete"
        case .paused: "paused"
        case .truncatedTail: "truncated"
        case .corrupt: "corrupt"
        case .replaced: "replaced"
        case .notAnEventFile: "not-an-event-file"
        }
    }
}

extension EventTagSummary: Encodable {
    private enum CodingKeys: String, CodingKey {
        case name, kind, plugin, count, last
        case minimum = "min"
        case maximum = "max"
        case nonFinite = "non_finite"
        case mixedKinds = "mixed_kinds"
        case firstStep = "first_step"
        case lastStep = "last_step"
        case firstWallTime = "first_wall_time"
        case lastWallTime = "last_wall_time"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(statistics.kind.rawValue, forKey: .kind)
        if !pluginName.isEmpty { try container.encode(pluginName, forKey: .plugin) }
        try container.encode(statistics.count, forKey: .count)
        try container.encode(statistics.firstStep, forKey: .firstStep)
        try container.encode(statistics.lastStep, forKey: .lastStep)
        try container.encode(JSONNumber(statistics.firstWallTime), forKey: .firstWallTime)
        try container.encode(JSONNumber(statistics.lastWallTime), forKey: .lastWallTime)
        try container.encodeIfPresent(statistics.minimum.map(JSONNumber.init), forKey: .minimum)
        try container.encodeIfPresent(statistics.maximum.map(JSONNumber.init), forKey: .maximum)
        try container.encodeIfPresent(statistics.last.map { JSONNumber($0.value) }, forKey: .last)
        if statistics.nonFiniteCount > 0 { try container.encode(statistics.nonFiniteCount, forKey: .nonFinite) }
        if statistics.hasMixedKinds { try container.encode(true, forKey: .mixedKinds) }
    }
}

/// A number, or its name where JSON has no number for it.
private struct JSONNumber: Encodable {
    private let value: Double

    init(_ value: Double) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if value.isFinite {
            try container.encode(value)
        } else {
            try container.encode(value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity")
        }
    }
}
