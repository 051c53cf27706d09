/// How far a call of `EventFileReader.readAvailable` came.
package enum ReadOutcome: Sendable, Equatable {
    /// Everything that the file held at the start of the call is read. Call again when it has grown.
    case caughtUp
    /// The byte budget of the call is used up and there is more.
    case paused
    /// The record at this offset is not all there yet. Call again later: either its writer is still at work, or it
    /// was killed and the record is lost.
    case truncatedTail(offset: Int)
    /// The record at this offset cannot be passed, nor can anything behind it. Later calls look again at the same
    /// place, in case the file is replaced or mended.
    case corrupt(offset: Int, reason: Corruption)
    /// What was read before is not in the file any more: it is another file, or was written anew. Nothing was
    /// delivered; the next call begins at the start, and what came from the old file should be dropped.
    case replaced
    /// The first record says that something else wrote this file.
    case notAnEventFile(NotAnEventFile)

    package enum Corruption: Sendable, Equatable {
        /// The length's own checksum is wrong, so nobody knows where the next record begins.
        case lengthChecksum
        /// The length is genuine but beyond any record that an event file can hold.
        case recordTooLong(UInt64)
    }

    package enum NotAnEventFile: Sendable, Equatable {
        /// The file is not made of records at all.
        case notRecords
        /// It is made of records (as a TFRecord data set is), but the first one is not an event.
        case firstRecordIsNoEvent
    }
}

extension ReadOutcome: CustomStringConvertible {
    package var description: String {
        switch self {
        case .caughtUp: "complete"
        case .paused: "paused"
        case .truncatedTail(let offset): "the record at byte \(offset) is not complete"
        case .corrupt(let offset, .lengthChecksum):
            "corrupt at byte \(offset): the checksum of the record's length is wrong, so nothing behind it can be read"
        case .corrupt(let offset, .recordTooLong(let length)):
            "corrupt at byte \(offset): a record claims \(length) bytes"
        case .replaced: "replaced by another file"
        case .notAnEventFile(.notRecords): "not an event file: it does not begin with a record"
        case .notAnEventFile(.firstRecordIsNoEvent): "not an event file: its first record is not an event"
        }
    }
}

/// What one reader has seen of its file so far.
package struct EventFileTotals: Sendable, Equatable {
    /// Whole records passed, the damaged and skipped ones among them.
    package internal(set) var records = 0
    /// Bytes passed; the next record begins at this offset.
    package internal(set) var bytes = 0
    /// Records left out because the checksum of their data is wrong.
    package internal(set) var badChecksums = 0
    /// Where the first of those begins.
    package internal(set) var firstBadChecksum: Int?
    /// Records left out, unread, because they are longer than `EventFileReader.Limits.readRecord`.
    package internal(set) var oversizedRecords = 0
    /// Records with a right checksum whose bytes are not an event; what was readable in them was delivered.
    package internal(set) var malformedRecords = 0
    /// Values left out because their bytes contradict themselves or go past a bound.
    package internal(set) var malformedValues = 0
    /// Values left out because the file has more tags than any log of metrics.
    package internal(set) var valuesWithoutTag = 0

    package init() {}

    /// Whether everything that was passed was also understood.
    package var isSound: Bool {
        badChecksums == 0 && oversizedRecords == 0 && malformedRecords == 0 && malformedValues == 0
            && valuesWithoutTag == 0
    }
}
