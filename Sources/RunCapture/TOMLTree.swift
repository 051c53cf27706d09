import MetricText

/// A table that is being read: names may come back to it from several places.
final class TOMLTree {
    /// A name that has a value of another kind already.
    struct Clash: Error {
        let name: String
    }

    private enum Value {
        case leaf(ParameterNode)
        case table(TOMLTree)
        case tables([TOMLTree])
    }

    private var names: [String] = []
    private var values: [String: Value] = [:]

    var node: ParameterNode {
        .table(
            names.compactMap { name in
                switch values[name] {
                case .leaf(let node)?: ParameterNode.Member(name, node)
                case .table(let table)?: ParameterNode.Member(name, table.node)
                case .tables(let tables)?: ParameterNode.Member(name, .list(tables.map(\.node)))
                case nil: nil
                }
            })
    }

    func insert(_ value: ParameterNode, at path: [String]) throws(Clash) {
        guard let last = path.last else { return }
        try table(at: path.dropLast(), appending: false).set(.leaf(value), last)
    }

    /// The table of a header, made where it is missing.
    ///
    /// - Parameter appending: the last name is an array of tables, which gets a new one.
    func table(at path: some Collection<String>, appending: Bool) throws(Clash) -> TOMLTree {
        guard let name = path.first else { return self }
        let rest = path.dropFirst()
        let isLast = appending && rest.isEmpty
        switch values[name] {
        case .table(let table)? where !isLast: return try table.table(at: rest, appending: appending)
        case .tables(let tables)?:
            if isLast {
                let new = TOMLTree()
                values[name] = .tables(tables + [new])
                return new
            }
            guard let last = tables.last else { throw Clash(name: name) }
            return try last.table(at: rest, appending: appending)
        case nil:
            let new = TOMLTree()
            try set(isLast ? .tables([new]) : .table(new), name)
            return try new.table(at: rest, appending: isLast ? false : appending)
        default: throw Clash(name: name)
        }
    }

    private func set(_ value: Value, _ name: String) throws(Clash) {
        guard values[name] == nil else { throw Clash(name: name) }
        names.append(name)
        values[name] = value
    }
}
