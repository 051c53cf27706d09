import ExperimentModel

/// A filter such as `status=failed lr>1e-4 name~digits`: terms that all have to hold.
///
/// A term is a field, an operator (`=` `!=` `>` `>=` `<` `<=`, and `~` for "contains", in any case) and a value, which
/// is quoted when it has spaces. Where both sides are numbers they are compared as numbers. A run that does not have a
/// field fits no term on it, not even `!=`. `started` is compared as far as the value goes: `started=2026-11-23`.
/// `duration` takes seconds, or `90s`, `15m`, `2h`, `1d`.
package struct RunFilter: Sendable {
    enum Operator: String, CaseIterable {
        // Longer ones first: `>=` begins with `>`.
        case notEqual = "!="
        case atLeast = ">="
        case atMost = "<="
        case equal = "="
        case greater = ">"
        case less = "<"
        case contains = "~"
    }

    struct Term {
        var field: RunField
        var operation: Operator
        var text: String
        var number: Double?
        /// Of the field in the filter, from 1.
        var position: Int

        func fits(_ row: RunRow) -> Bool {
            guard let value = field.value(row) else { return false }
            switch (value, number) {
            case (.number(let left), let right?) where operation != .contains:
                return operation.holds(left, right)
            case (.number(let left), _):
                return operation == .contains ? contains("\(left)") : operation == .notEqual
            case (.text(let left), _):
                if operation == .contains { return contains(left) }
                return operation.holds(field == .started ? String(left.prefix(text.count)) : left, text)
            }
        }

        private func contains(_ whole: String) -> Bool {
            whole.lowercased().contains(text.lowercased())
        }
    }

    let text: String
    let terms: [Term]

    /// Throws `RunStoreError.query` with the position of what cannot be read.
    package init(_ text: String) throws {
        self.text = text
        var parser = FilterParser(text)
        terms = try parser.terms()
    }

    /// The rows that fit. Throws when a term names a parameter or metric that none of the runs has.
    package func apply(_ rows: [RunRow]) throws -> [RunRow] {
        for term in terms where !rows.isEmpty {
            try checkKnown(term.field, in: rows, part: "filter", text: text, position: term.position)
        }
        return rows.filter { row in terms.allSatisfy { $0.fits(row) } }
    }
}

extension RunFilter.Operator {
    func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
        switch self {
        case .equal: left == right || (left != left && right != right)
        case .notEqual: left != right && !(left != left && right != right)
        case .greater: left > right
        case .atLeast: left >= right
        case .less: left < right
        case .atMost: left <= right
        case .contains: false
        }
    }
}

/// Throws when no run has the field: it is mistyped, and an empty table would hide that.
func checkKnown(_ field: RunField, in rows: [RunRow], part: String, text: String, position: Int) throws {
    guard let names = field.known(in: rows), !names.contains(field.wanted) else { return }
    let near = names.min { (distance($0, field.wanted), $0) < (distance($1, field.wanted), $1) }
    var reason = "no run has a \(field.kind) named \(field.wanted)"
    if let near, distance(near, field.wanted) <= max(2, field.wanted.count / 3) { reason += "; did you mean \(near)?" }
    throw RunStoreError.query(part: part, text: text, position: position, reason: reason)
}

/// Levenshtein's distance of two words.
private func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.lowercased().unicodeScalars.prefix(64))
    let right = Array(right.lowercased().unicodeScalars.prefix(64))
    var row = Array(0...right.count)
    for (i, first) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, second) in right.enumerated() {
            let cost = first == second ? diagonal : min(diagonal, row[j], row[j + 1]) + 1
            diagonal = row[j + 1]
            row[j + 1] = cost
        }
    }
    return row[right.count]
}
