import HostSystem

/// A JSON document to be written (RFC 8259).
indirect enum JSONText: Sendable {
    /// Members without a value are left out; the others come in the order of their names.
    case object([String: JSONText?])
    case array([JSONText])
    case string(String)
    /// A whole number, by its digits.
    case digits(String)
    case boolean(Bool)

    static func number(_ value: some FixedWidthInteger) -> JSONText { .digits(String(value)) }

    static func strings(_ values: [String]) -> JSONText { .array(values.map { .string($0) }) }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                guard let value else { continue }
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                bytes += jsonString(name)
                bytes.append(UInt8(ascii: ":"))
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .string(let text): bytes += jsonString(text)
        case .digits(let text): bytes += text.utf8
        case .boolean(let value): bytes += (value ? "true" : "false").utf8
        }
    }
}
