/// Turns the bytes of one record (an `Event`) into items. Remembers tags and their plugins from record to record.
struct EventDecoder {
    /// A string takes two bytes in a record but sixteen in memory, so their number is bounded.
    static let maximumStrings = 1 << 16

    var tags = TagTable()
    /// Such as `brain.Event:2`.
    private(set) var fileVersion: String?
    /// Values whose bytes contradict themselves, or that go past a bound.
    private(set) var malformedValues = 0
    /// Values that could not be named because the table of tags was full.
    private(set) var valuesWithoutTag = 0
    private var announcedTags = 0

    /// Whether a record was an event beyond doubt: it had one of the fields that stand beside the time and the step.
    private(set) var isRecognised = false

    /// Delivers what the record says. A damaged value is counted and left out; the others of its record are kept.
    mutating func decode(
        _ record: UnsafeRawBufferPointer, _ handler: (EventFileItem) -> Void
    ) throws(WireError) {
        var reader = WireReader(record)
        var event = EventFields()
        // The time and the step may stand behind the summary, so all fields are seen first.
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.fixed64(1): event.wallTime = try reader.double()
            case WireKey.varint(2): event.step = Int64(bitPattern: try reader.varint())
            case WireKey.bytes(5):
                let range = try reader.lengthDelimited()
                if event.summary == nil { event.summary = range } else { event.hasMoreSummaries = true }
            case WireKey.bytes(3):
                event.hasOther = true
                let version = try reader.lengthDelimited()
                if version.count <= 256 { fileVersion = record.text(version) }
            case WireKey.bytes(7): event.sessionLog = try reader.lengthDelimited()
            case WireKey.bytes(4), WireKey.bytes(6), WireKey.bytes(8), WireKey.bytes(9), WireKey.bytes(10):
                // Graphs, messages and run metadata hold nothing that is measured.
                event.hasOther = true
                _ = try reader.lengthDelimited()
            default: try reader.skip(key)
            }
        }
        if event.summary != nil || event.sessionLog != nil || event.hasOther { isRecognised = true }
        if let summary = event.summary { try decode(summary: summary, of: record, event, handler) }
        if event.hasMoreSummaries { try decodeFurtherSummaries(record, event, handler) }
        if let log = event.sessionLog, try isStart(record, log) {
            handler(.restart(step: event.step, wallTime: event.wallTime))
        }
    }

    /// Keeps tag ids but forgets what the file said, for a file that begins again.
    mutating func startAgain() {
        fileVersion = nil
        isRecognised = false
        malformedValues = 0
        valuesWithoutTag = 0
        tags.forgetMetadata()
    }

    /// A message field that comes twice is merged, which for a summary means: the values of both count.
    private mutating func decodeFurtherSummaries(
        _ record: UnsafeRawBufferPointer, _ event: EventFields, _ handler: (EventFileItem) -> Void
    ) throws(WireError) {
        var reader = WireReader(record)
        var isFirst = true
        while let key = try reader.nextKey() {
            guard key == WireKey.bytes(5) else {
                try reader.skip(key)
                continue
            }
            let range = try reader.lengthDelimited()
            if !isFirst { try decode(summary: range, of: record, event, handler) }
            isFirst = false
        }
    }

    private mutating func decode(
        summary: Range<Int>, of record: UnsafeRawBufferPointer, _ event: EventFields,
        _ handler: (EventFileItem) -> Void
    ) throws(WireError) {
        var reader = WireReader(record, summary)
        while let key = try reader.nextKey() {
            guard key == WireKey.bytes(1) else {
                try reader.skip(key)
                continue
            }
            let range = try reader.lengthDelimited()
            do throws(WireError) {
                let fields = try SummaryValueFields(record, range)
                guard let tag = tags.intern(record, fields.tag) else {
                    valuesWithoutTag += 1
                    continue
                }
                try deliver(fields, tag, record, event, handler)
            } catch {
                malformedValues += 1
                announceTags(handler)
            }
        }
    }

    /// Tells of the tags that were added since the last call: none or one.
    @inline(__always)
    mutating func announceTags(_ handler: (EventFileItem) -> Void) {
        while announcedTags < tags.count {
            let tag = TagID(rawValue: Int32(announcedTags))
            announcedTags += 1
            if let info = tags[tag] { handler(.tag(tag, info)) }
        }
    }

    /// SessionLog: status = 1, where 1 is START.
    private func isStart(_ record: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireError) -> Bool {
        var reader = WireReader(record, range)
        var status: UInt64 = 0
        while let key = try reader.nextKey() {
            if key == WireKey.varint(1) { status = try reader.varint() } else { try reader.skip(key) }
        }
        return status == 1
    }
}

/// What the fields of an `Event` said (tensorflow/core/util/event.proto).
struct EventFields {
    var wallTime = 0.0
    var step: Int64 = 0
    var summary: Range<Int>?
    var hasMoreSummaries = false
    var sessionLog: Range<Int>?
    var hasOther = false
}
