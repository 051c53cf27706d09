import ExperimentModel

/// Reads the text of a filter.
struct FilterParser {
    private let text: String
    private let characters: [Character]
    private var next = 0

    init(_ text: String) {
        self.text = text
        characters = Array(text)
    }

    mutating func terms() throws -> [RunFilter.Term] {
        var terms: [RunFilter.Term] = []
        skipSpaces()
        while next < characters.count {
            if !terms.isEmpty, skipAnd() { continue }
            terms.append(try term())
            skipSpaces()
        }
        return terms
    }

    private mutating func term() throws -> RunFilter.Term {
        let position = next + 1
        let name = try field()
        guard !name.isEmpty else { throw error(position, "expected a field such as status, lr or metrics.val_acc") }
        skipSpaces()
        guard let operation = operation() else {
            throw error(next + 1, "expected one of = != > >= < <= ~ after \(name)")
        }
        skipSpaces()
        let valuePosition = next + 1
        guard let value = try value() else {
            throw error(valuePosition, "expected a value after \(name)\(operation.rawValue)")
        }
        let field = RunField(name)
        var term = RunFilter.Term(
            field: field, operation: operation, text: value, number: number(value), position: position)
        try check(&term, valuePosition)
        return term
    }

    /// Fields of a known kind take values of that kind only.
    private func check(_ term: inout RunFilter.Term, _ position: Int) throws {
        guard term.operation != .contains else { return }
        switch term.field {
        case .status:
            guard RunStatus(rawValue: term.text) != nil else {
                let all = RunStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw error(position, "\(term.text) is no status; there are \(all)")
            }
        case .duration:
            guard let seconds = seconds(term.text) else {
                throw error(position, "\(term.text) is no duration; write seconds, or 90s, 15m, 2h, 1d")
            }
            term.number = seconds
        case .started:
            // The time is compared with the value character by character.
            let form = Array("0000-00-00T00:00:00Z")
            let value = Array(term.text)
            let fits =
                (4...form.count).contains(value.count)
                && zip(value, form).allSatisfy { $1 == "0" ? $0.isASCII && $0.isNumber : $0 == $1 }
            guard fits else {
                throw error(position, "\(term.text) is no time; write 2026-11-23 or 2026-11-23T10:12 (UTC)")
            }
        default: return
        }
    }

    private mutating func field() throws -> String {
        if next < characters.count, characters[next] == "`" { return try quoted() }
        let start = next
        while next < characters.count, !characters[next].isWhitespace, !"=!<>~".contains(characters[next]) { next += 1 }
        return String(characters[start..<next])
    }

    private mutating func operation() -> RunFilter.Operator? {
        let rest = String(characters[next..<min(characters.count, next + 2)])
        if rest == "==" {
            next += 2
            return .equal
        }
        guard let found = RunFilter.Operator.allCases.first(where: { rest.hasPrefix($0.rawValue) }) else { return nil }
        next += found.rawValue.count
        return found
    }

    private mutating func value() throws -> String? {
        guard next < characters.count, !characters[next].isWhitespace else { return nil }
        if characters[next] == "\"" || characters[next] == "'" { return try quoted() }
        let start = next
        while next < characters.count, !characters[next].isWhitespace { next += 1 }
        return String(characters[start..<next])
    }

    private mutating func quoted() throws -> String {
        let mark = characters[next]
        let start = next
        guard let end = characters[(start + 1)...].firstIndex(of: mark) else {
            throw error(start + 1, "the quotation mark \(mark) is not closed")
        }
        next = end + 1
        return String(characters[start + 1..<end])
    }

    /// `and` between terms is what all of them mean anyway.
    private mutating func skipAnd() -> Bool {
        let word = characters[next..<min(characters.count, next + 4)]
        guard word.count == 4, String(word.prefix(3)).lowercased() == "and", word.last?.isWhitespace == true else {
            return false
        }
        var after = next + 4
        while after < characters.count, characters[after].isWhitespace { after += 1 }
        guard after < characters.count, !"=!<>~".contains(characters[after]) else { return false }
        next = after
        return true
    }

    private mutating func skipSpaces() {
        while next < characters.count, characters[next].isWhitespace { next += 1 }
    }

    private func number(_ text: String) -> Double? {
        switch text.lowercased() {
        case "nan": .nan
        case "inf", "infinity": .infinity
        case "-inf", "-infinity": -.infinity
        default: text.utf8.allSatisfy { "0123456789.eE+-".utf8.contains($0) } ? Double(text) : nil
        }
    }

    private func seconds(_ text: String) -> Double? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        if let unit = text.last.flatMap({ units[$0] }) { return number(String(text.dropLast())).map { $0 * unit } }
        return number(text)
    }

    private func error(_ position: Int, _ reason: String) -> RunStoreError {
        .query(part: "filter", text: text, position: position, reason: reason)
    }
}
