/// The value of a hyperparameter, as it was given.
package enum ParameterValue: Sendable, Hashable, Codable, CustomStringConvertible {
    case integer(Int64)
    case number(Double)
    case boolean(Bool)
    case text(String)

    /// Reads a word as the narrowest type: `64`, `3e-4`, `true`, else text.
    package init(parsing text: String) {
        if let integer = Int64(text) {
            self = .integer(integer)
        } else if let number = Double(text), text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }) {
            self = .number(number)
        } else if ["true", "True"].contains(text) {
            self = .boolean(true)
        } else if ["false", "False"].contains(text) {
            self = .boolean(false)
        } else {
            self = .text(text)
        }
    }

    package var description: String {
        switch self {
        case .integer(let value): String(value)
        case .number(let value): value.description
        case .boolean(let value): value ? "true" : "false"
        case .text(let value): value
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .integer(let value): try container.encode(value)
        case .number(let value) where value.isFinite: try container.encode(value)
        case .number(let value): try container.encode(value.description)
        case .boolean(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        }
    }
}

/// One hyperparameter of a run and where it came from.
package struct Parameter: Sendable, Hashable, Codable {
    package var name: String
    package var value: ParameterValue
    /// Such as `argv`, `-P`, `tensorboard` or the name of a parameter file.
    package var source: String

    package init(name: String, value: ParameterValue, source: String) {
        self.name = name
        self.value = value
        self.source = source
    }
}
