import Glibc
import TensorBoardEvents
import Testing

/// A file below the folder for temporary files, removed at the end of its life.
final class TemporaryFile {
    let path: String

    init(_ bytes: [UInt8] = []) throws {
        var template = Array("/tmp/events.out.tfevents.XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        close(descriptor)
        path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } ?? ""
        try replace(with: bytes)
    }

    deinit { unlink(path) }

    /// Writes the file anew in place.
    func replace(with bytes: some Collection<UInt8>) throws { try write(Array(bytes), O_TRUNC) }

    func append(_ bytes: some Collection<UInt8>) throws { try write(Array(bytes), O_APPEND) }

    private func write(_ bytes: [UInt8], _ flag: Int32) throws {
        let descriptor = open(path, O_WRONLY | flag)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        try #require(count == bytes.count)
    }
}

/// Everything that one reading of some bytes gives.
struct Reading: Equatable {
    var items: [EventFileItem] = []
    var outcome = ReadOutcome.caughtUp
    var totals = EventFileTotals()
    var names: [String] = []

    var scalars: [ScalarPoint] {
        items.compactMap { item in if case .scalar(let point) = item { point } else { nil } }
    }

    var values: [LoggedValue] {
        items.compactMap { item in if case .value(let value) = item { value } else { nil } }
    }

    init(_ bytes: [UInt8], limits: EventFileReader.Limits = .init()) throws {
        let file = try TemporaryFile(bytes)
        self = try withExtendedLifetime(file) { try Reading(path: file.path, limits: limits) }
    }

    init(path: String, limits: EventFileReader.Limits = .init()) throws {
        var reader = EventFileReader(path: path, limits: limits)
        var items: [EventFileItem] = []
        var announced: [String] = []
        outcome = try reader.readAvailable { item in
            items.note(item)
            switch item {
            case .tag(let tag, let info):
                #expect(tag.index == announced.count)
                announced.append(info.name)
            case .scalar(let point): #expect(announced.indices.contains(point.tag.index))
            case .value(let value): #expect(announced.indices.contains(value.tag.index))
            case .restart: break
            }
        }
        self.items = items
        #expect(announced == reader.tags.all.map(\.name))
        totals = reader.totals
        names = reader.tags.all.map(\.name)
    }
}

extension [EventFileItem] {
    /// Keeps what was logged; tags are looked at elsewhere.
    mutating func note(_ item: EventFileItem) {
        if case .tag = item { return }
        append(item)
    }
}
