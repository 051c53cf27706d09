/// Header fields in the order they came; names are compared without regard to case.
package struct HTTPHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    package private(set) var fields: [Field] = []

    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }

    /// Adds a field. Line ends in a value would begin another field, so they become spaces.
    package mutating func append(_ name: String, _ value: String) {
        let safe = value.utf8.contains { $0 < 32 && $0 != 9 } ? String(value.map { $0.isNewline ? " " : $0 }) : value
        fields.append(Field(name: name, value: safe))
    }

    package mutating func set(_ name: String, _ value: String?) {
        fields.removeAll { $0.name.lowercased() == name.lowercased() }
        if let value { append(name, value) }
    }

    /// The first field of a name.
    package subscript(_ name: String) -> String? { all(name).first }

    package func all(_ name: String) -> [String] {
        let wanted = name.lowercased()
        return fields.filter { $0.name.lowercased() == wanted }.map(\.value)
    }

    /// A field that is a whole number, zero or more.
    package func size(_ name: String) -> Int64? {
        guard let text = self[name], text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }
}
