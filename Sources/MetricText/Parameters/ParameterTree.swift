/// Flattens the tree of a parameter file to dotted names.
package enum ParameterTree {
    /// Deeper values become text.
    package static let deepest = 16

    /// `{optim: {lr: 0.1, betas: [0.9, 0.999]}}` becomes `optim.lr` and `optim.betas`.
    ///
    /// A list of plain values is one parameter, as text; a list that holds tables or lists gets numbered names,
    /// `stages.0.width`. Empty tables give nothing. Tables nest at most `deepest` deep; the limits of `ParameterLimits`
    /// hold.
    package static func flatten(_ root: ParameterNode) -> ParameterList {
        var list = ParameterList()
        add(root, name: "", depth: 0, to: &list)
        return list
    }

    private static func add(_ value: ParameterNode, name: String, depth: Int, to list: inout ParameterList) {
        switch value {
        case .table(let members) where depth < deepest:
            for member in members {
                if isFull(list) { return }
                add(member.value, name: joined(name, member.name), depth: depth + 1, to: &list)
            }
        case .list(let values) where depth < deepest && values.contains(where: \.isNested):
            for (index, element) in values.enumerated() {
                if isFull(list) { return }
                add(element, name: joined(name, String(index)), depth: depth + 1, to: &list)
            }
        case .table, .list:
            list.add(name, .string(value.text), text: value.text)
        default:
            list.add(name, value, text: value.text)
        }
    }

    /// Names beyond the limit are counted, but a huge file need not be walked to its end.
    private static func isFull(_ list: ParameterList) -> Bool { list.omitted > ParameterLimits.most }

    private static func joined(_ prefix: String, _ name: String) -> String {
        prefix.isEmpty ? name : prefix + "." + name
    }
}

extension ParameterNode {
    fileprivate var isNested: Bool {
        switch self {
        case .table, .list: true
        default: false
        }
    }
}
