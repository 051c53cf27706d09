/// The value of a parameter, or a tree of them as YAML, JSON and TOML hold.
package enum ParameterNode: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case list([ParameterNode])
    /// Members in the order of the file.
    case table([Member])

    package struct Member: Sendable, Hashable {
        package var name: String
        package var value: ParameterNode
        package init(_ name: String, _ value: ParameterNode) { (self.name, self.value) = (name, value) }
    }
}

extension ParameterNode {
    /// The value that a word on a command line stands for.
    ///
    /// Whole numbers become integers, other finite numbers numbers, `true`/`false` (also `True`, `False`) bools; all
    /// else is a string: `nan` and `inf` too, since JSON has no such numbers, and `007` and numbers beyond 64 bits,
    /// since they would lose digits.
    package init(typing text: String) {
        switch text {
        case "true", "True": self = .bool(true)
        case "false", "False": self = .bool(false)
        default: self = Self.number(in: text) ?? .string(text)
        }
    }

    private static func number(in text: String) -> ParameterNode? {
        guard let first = text.utf8.first,
            first.isDigit || first == Byte.minus || first == Byte.plus || first == Byte.period,
            text.utf8.count <= 64
        else { return nil }
        return Array(text.utf8).withUnsafeBytes { bytes in
            guard let number = NumberText.read(bytes, at: 0, limit: bytes.count), number.end == bytes.count,
                number.value.isFinite
            else { return nil }
            let digits = first.isDigit ? 0 : 1
            if bytes.count > digits + 1, bytes[digits] == 0x30, bytes[digits + 1].isDigit { return nil }
            if let integer = number.integer { return .integer(integer) }
            // Too long for an integer: keep every digit.
            if bytes.allSatisfy({ $0.isDigit || $0 == Byte.minus || $0 == Byte.plus }) { return nil }
            return .number(number.value)
        }
    }

    /// The value as one line of text: lists as `[0.9, 0.999]`, whole floating-point numbers as `1.0`.
    package var text: String { text(depth: 0) }

    private func text(depth: Int) -> String {
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .number(let value): return "\(value)"
        case .string(let value): return value
        case .list(let values):
            guard depth < ParameterTree.deepest else { return "[…]" }
            return "[" + values.map { $0.text(depth: depth + 1) }.joined(separator: ", ") + "]"
        case .table(let members):
            guard depth < ParameterTree.deepest else { return "{…}" }
            return "{" + members.map { "\($0.name): \($0.value.text(depth: depth + 1))" }.joined(separator: ", ") + "}"
        }
    }
}

/// One setting of a run.
package struct GivenParameter: Sendable, Hashable {
    package var name: String
    package var value: ParameterNode
    /// As it was written: `3e-4`, not 0.0003.
    package var text: String
    /// The text was longer than `ParameterLimits.longestValue` and is cut.
    package var isCut = false
}

/// Bounds on what is kept. Those of the tracking protocol, so that nothing is refused later.
package enum ParameterLimits {
    package static let most = 500
    /// Characters.
    package static let longestValue = 6_000
    /// Bytes. Longer names are left out.
    package static let longestName = 250
}

/// Parameters in order, one of each name.
package struct ParameterList: Sendable, Equatable {
    package private(set) var parameters: [GivenParameter] = []
    /// How many were left out: past `ParameterLimits.most`, or with an empty or too long name.
    package private(set) var omitted = 0
    private var indices: [String: Int] = [:]

    package init() {}

    package subscript(name: String) -> ParameterNode? { indices[name].map { parameters[$0].value } }

    /// Adds a parameter; one of the same name is replaced in its place, as the last option wins on a command line.
    mutating func add(_ name: String, _ value: ParameterNode, text: String) {
        guard !name.isEmpty, name.utf8.count <= ParameterLimits.longestName else {
            omitted += 1
            return
        }
        var parameter = GivenParameter(name: name, value: value, text: text)
        if text.utf8.count > ParameterLimits.longestValue, text.count > ParameterLimits.longestValue {
            parameter.text = String(text.prefix(ParameterLimits.longestValue))
            parameter.value = .string(parameter.text)
            parameter.isCut = true
        }
        if let index = indices[name] {
            parameters[index] = parameter
        } else if parameters.count < ParameterLimits.most {
            indices[name] = parameters.count
            parameters.append(parameter)
        } else {
            omitted += 1
        }
    }
}
