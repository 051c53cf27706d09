import TensorBoardEvents

/// Writes protocol buffers, for tests that need bytes no library would make.
struct Message {
    private(set) var bytes: [UInt8] = []

    static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    func varint(_ field: UInt64, _ value: Int64) -> Message {
        adding(Self.varint(field << 3) + Self.varint(UInt64(bitPattern: value)))
    }

    func double(_ field: UInt64, _ value: Double) -> Message {
        adding(Self.varint(field << 3 | 1) + littleEndian(value.bitPattern))
    }

    func float(_ field: UInt64, _ value: Float) -> Message {
        adding(Self.varint(field << 3 | 5) + littleEndian(value.bitPattern))
    }

    func bytes(_ field: UInt64, _ value: [UInt8]) -> Message {
        adding(Self.varint(field << 3 | 2) + Self.varint(UInt64(value.count)) + value)
    }

    func string(_ field: UInt64, _ value: String) -> Message { bytes(field, Array(value.utf8)) }

    func message(_ field: UInt64, _ value: Message) -> Message { bytes(field, value.bytes) }

    func raw(_ bytes: [UInt8]) -> Message { adding(bytes) }

    private func adding(_ more: [UInt8]) -> Message {
        var copy = self
        copy.bytes += more
        return copy
    }
}

func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// The framing of records.
enum Record {
    static func framed(_ data: [UInt8]) -> [UInt8] {
        header(length: UInt64(data.count)) + data + littleEndian(data.withUnsafeBytes(CRC32C.shared.maskedChecksum))
    }

    static func framed(_ message: Message) -> [UInt8] { framed(message.bytes) }

    /// A genuine header, whatever the length.
    static func header(length: UInt64) -> [UInt8] {
        let bytes = littleEndian(length)
        return bytes + littleEndian(bytes.withUnsafeBytes(CRC32C.shared.maskedChecksum))
    }
}

/// Events as writers make them.
enum Event {
    static let version = Record.framed(Message().double(1, 1000).string(3, "brain.Event:2"))

    static func holding(step: Int64, time: Double = 1000, _ values: Message...) -> Message {
        var summary = Message()
        for value in values { summary = summary.message(1, value) }
        return Message().double(1, time).varint(2, step).message(5, summary)
    }

    static func scalar(_ tag: String, _ step: Int64, _ value: Float, time: Double = 1000) -> [UInt8] {
        Record.framed(holding(step: step, time: time, Message().string(1, tag).float(2, value)))
    }

    static func tensor(_ tag: String, plugin: String, _ tensor: Message) -> [UInt8] {
        let metadata = Message().message(1, Message().string(1, plugin))
        return Record.framed(
            holding(step: 1, Message().string(1, tag).message(8, tensor).message(9, metadata)))
    }

    static func hparams(_ content: Message) -> [UInt8] {
        let plugin = Message().string(1, "hparams").message(2, content)
        let value = Message().string(1, "_hparams_/session_start_info").message(9, Message().message(1, plugin))
        return Record.framed(holding(step: 0, value))
    }
}
