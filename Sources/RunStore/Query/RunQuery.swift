import ExperimentModel

/// Which runs a table shows, and in which order.
package struct RunQuery: Sendable {
    package var filter: RunFilter?
    package var sort: RunSort?
    package var limit: Int?

    /// Without a sort the newest runs come first. Without a limit all are shown.
    package init(filter: RunFilter? = nil, sort: RunSort? = nil, limit: Int? = nil) {
        self.filter = filter
        self.sort = sort
        self.limit = limit
    }

    package func apply(_ rows: [RunRow]) throws -> [RunRow] {
        var chosen = try filter?.apply(rows) ?? rows
        if let sort {
            chosen = try sort.apply(chosen, of: rows)
        } else {
            chosen.reverse()
        }
        return limit.map { Array(chosen.prefix(max(0, $0))) } ?? chosen
    }

    /// The parameters whose values differ among the runs, in the order in which they first appear: the columns of a
    /// table. A parameter that some of the runs do not have differs.
    package static func differingParameters(_ rows: [RunRow]) -> [String] {
        struct Column {
            var first: Parameter
            var runs = 0
            var lastRun = -1
            var differs = false
        }
        var columns: [Column] = []
        var places: [String: Int] = [:]
        for (run, row) in rows.enumerated() {
            for (position, parameter) in row.parameters.enumerated() {
                var place = position
                // Runs of one program have the same parameters in the same order, nearly always.
                if position >= columns.count || columns[position].first.name != parameter.name {
                    place = places[parameter.name] ?? columns.count
                }
                if place == columns.count {
                    columns.append(Column(first: parameter))
                    places[parameter.name] = place
                }
                if columns[place].lastRun != run { columns[place].runs += 1 }
                columns[place].lastRun = run
                if !columns[place].differs, columns[place].first.value != parameter.value {
                    columns[place].differs = true
                }
            }
        }
        return columns.filter { $0.differs || $0.runs < rows.count }.map(\.first.name)
    }
}

/// An order of runs such as `val_acc:desc`.
package struct RunSort: Sendable {
    let text: String
    let field: RunField
    let isDescending: Bool

    /// Throws `RunStoreError.query` for a direction other than `asc` and `desc`.
    package init(_ text: String) throws {
        self.text = text
        var name = text
        var direction = "asc"
        if let colon = text.lastIndex(of: ":") {
            direction = String(text[text.index(after: colon)...])
            name = String(text[..<colon])
        }
        guard !name.isEmpty else {
            throw RunStoreError.query(part: "sort", text: text, position: 1, reason: "expected a field")
        }
        guard ["asc", "desc"].contains(direction) else {
            throw RunStoreError.query(
                part: "sort", text: text, position: name.count + 2,
                reason: "expected asc or desc instead of \"\(direction)\"")
        }
        field = RunField(name)
        isDescending = direction == "desc"
    }

    /// Sorts by numbers first, then by texts; runs without the field come last, in either direction. Equal runs stay
    /// newest first.
    ///
    /// - Parameter all: the runs in which the field has to exist.
    func apply(_ rows: [RunRow], of all: [RunRow]) throws -> [RunRow] {
        if !all.isEmpty { try checkKnown(field, in: all, part: "sort", text: text, position: 1) }
        let keyed = rows.map { ($0, field.value($0)) }
        return keyed.sorted { left, right in
            switch order(left.1, right.1) {
            case 0: left.0.id > right.0.id
            case let order: order < 0
            }
        }.map(\.0)
    }

    /// Negative when `left` comes first.
    private func order(_ left: RunField.Value?, _ right: RunField.Value?) -> Int {
        let sign = isDescending ? -1 : 1
        switch (left, right) {
        case (.number(let left), .number(let right)):
            // NaN is no value to be the best or the worst with.
            if left.isNaN || right.isNaN { return (left.isNaN ? 1 : 0) - (right.isNaN ? 1 : 0) }
            return left == right ? 0 : (left < right ? -sign : sign)
        case (.text(let left), .text(let right)): return left == right ? 0 : (left < right ? -sign : sign)
        case (.number, .text): return -1
        case (.text, .number): return 1
        case (nil, nil): return 0
        case (nil, _): return 1
        case (_, nil): return -1
        }
    }
}
