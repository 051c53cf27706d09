import ExperimentModel
import HostSystem

/// A row as bytes for the index: 10,000 of them are read in some milliseconds, which JSON would not allow. Numbers are
/// little-endian, texts have their length before them, and a check sum before all tells damage.
package enum RowCoding {
    /// Rises with every change to the bytes; an index of another version is made anew.
    package static let version: Int64 = 1

    package static func encode(_ row: RunRow) -> [UInt8] {
        var writer = RowWriter()
        writer.put(row.id.text)
        writer.put(row.name)
        writer.put(UInt8(RunStatus.allCases.firstIndex(of: row.status) ?? 0))
        writer.put(row.started.seconds)
        writer.put(row.duration)
        writer.put(row.primary?.metric)
        writer.put(UInt8(row.primary?.goal == .max ? 1 : 0))
        writer.put(row.primaryValue)
        writer.put(row.primaryStep)
        writer.put(row.lastStep)
        writer.put(Int64(row.points))
        writer.put(UInt32(truncatingIfNeeded: row.parameters.count))
        for parameter in row.parameters {
            writer.put(parameter.name)
            writer.put(parameter.value)
            writer.put(parameter.source)
        }
        writer.put(UInt32(truncatingIfNeeded: row.metrics.count))
        for metric in row.metrics {
            writer.put(metric.name)
            writer.put(metric.value)
        }
        return withUnsafeBytes(of: checkSum(writer.bytes).littleEndian) { Array($0) } + writer.bytes
    }

    /// The row; nil when the bytes are damaged or not of this version.
    package static func decode(_ bytes: UnsafeRawBufferPointer) -> RunRow? {
        guard bytes.count > 8 else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: bytes[8...])
        guard UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) == checkSum(content) else { return nil }
        var reader = RowReader(content)
        guard let id = reader.text().flatMap({ RunID($0) }), let name = reader.text(), let status = reader.byte(),
            RunStatus.allCases.indices.contains(Int(status)), let started = reader.number(),
            let duration = reader.optional({ $0.number() }), let metric = reader.optional({ $0.text() }),
            let goal = reader.byte(), let primaryValue = reader.optional({ $0.number() }),
            let primaryStep = reader.optional({ $0.integer() }), let lastStep = reader.optional({ $0.integer() }),
            let points = reader.integer(),
            let parameters = reader.list({ $0.parameter() }), let metrics = reader.list({ $0.metric() })
        else { return nil }
        return RunRow(
            id: id, name: name, status: RunStatus.allCases[Int(status)], started: Timestamp(seconds: started),
            duration: duration, parameters: parameters,
            primary: metric.map { PrimaryMetric(metric: $0, goal: goal == 1 ? .max : .min) },
            primaryValue: primaryValue, primaryStep: primaryStep, lastStep: lastStep, points: Int(points),
            metrics: metrics)
    }

    /// FNV-1a over eight bytes at a time.
    private static func checkSum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        var offset = 0
        while offset + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            sum = (sum ^ word) &* 0x100_0000_01b3
            sum ^= sum >> 29
            offset += 8
        }
        for byte in bytes[offset...] { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return sum
    }

    private static func checkSum(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { checkSum($0) } }
}

private struct RowWriter {
    var bytes: [UInt8] = []

    mutating func put(_ value: UInt8) { bytes.append(value) }
    mutating func put(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
    mutating func put(_ value: Int64) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
    mutating func put(_ value: Double) { put(Int64(bitPattern: value.bitPattern)) }

    mutating func put(_ text: String) {
        put(UInt32(truncatingIfNeeded: text.utf8.count))
        bytes += text.utf8
    }

    mutating func put(_ value: Double?) { put(optional: value) { $0.put($1) } }
    mutating func put(_ value: Int64?) { put(optional: value) { $0.put($1) } }
    mutating func put(_ value: String?) { put(optional: value) { $0.put($1) } }

    private mutating func put<Value>(optional value: Value?, _ write: (inout RowWriter, Value) -> Void) {
        put(UInt8(value == nil ? 0 : 1))
        if let value { write(&self, value) }
    }

    mutating func put(_ value: ParameterValue) {
        switch value {
        case .integer(let value):
            put(UInt8(0))
            put(value)
        case .number(let value):
            put(UInt8(1))
            put(value)
        case .boolean(let value): put(UInt8(value ? 3 : 2))
        case .text(let value):
            put(UInt8(4))
            put(value)
        }
    }
}

private struct RowReader {
    private let bytes: UnsafeRawBufferPointer
    private var next = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    @inline(__always)
    private mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, bytes.count - next >= count else { return nil }
        defer { next += count }
        return UnsafeRawBufferPointer(start: bytes.baseAddress.map { $0 + next }, count: count)
    }

    mutating func byte() -> UInt8? { take(1)?.first }
    mutating func integer() -> Int64? { take(8).map { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) } }
    mutating func number() -> Double? { integer().map { Double(bitPattern: UInt64(bitPattern: $0)) } }

    private mutating func size() -> Int? {
        take(4).map { Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))) }
    }

    mutating func text() -> String? {
        guard let count = size(), let bytes = take(count) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The outer nil stands for damage, the inner one for a value that is not there.
    mutating func optional<Value>(_ read: (inout RowReader) -> Value?) -> Value?? {
        guard let mark = byte(), mark <= 1 else { return nil }
        if mark == 0 { return .some(nil) }
        return read(&self).map { .some($0) }
    }

    mutating func list<Value>(_ read: (inout RowReader) -> Value?) -> [Value]? {
        guard let count = size(), count <= bytes.count - next else { return nil }
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count {
            guard let value = read(&self) else { return nil }
            values.append(value)
        }
        return values
    }

    mutating func parameter() -> Parameter? {
        guard let name = text(), let value = value(), let source = text() else { return nil }
        return Parameter(name: name, value: value, source: source)
    }

    mutating func metric() -> RunRow.Metric? {
        guard let name = text(), let value = number() else { return nil }
        return RunRow.Metric(name: name, value: value)
    }

    private mutating func value() -> ParameterValue? {
        switch byte() {
        case 0: integer().map { .integer($0) }
        case 1: number().map { .number($0) }
        case 2: .boolean(false)
        case 3: .boolean(true)
        case 4: text().map { .text($0) }
        default: nil
        }
    }
}
