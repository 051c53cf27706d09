import Yams

/// Gathers problems while a recipe is read, so that several are reported at once.
final class RecipeProblems {
    private(set) var all: [RecipeProblem] = []

    func add(_ node: Node?, _ reason: String, hint: String? = nil) {
        all.append(RecipeProblem(line: node?.mark?.line, column: node?.mark?.column, reason: reason, hint: hint))
    }

    func add(line: Int?, _ reason: String, hint: String?) {
        all.append(RecipeProblem(line: line, reason: reason, hint: hint))
    }
}

/// A value of a recipe, with the key it belongs to, read strictly: every mismatch becomes a problem and nil.
struct RecipeNode {
    let key: String
    let node: Node
    let problems: RecipeProblems

    /// A value that is null or missing altogether, as in `packages:`.
    var isNull: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private var kind: String {
        switch node {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        case .scalar(let scalar):
            if isNull { "nothing" } else { "\"\(shortened(scalar.string))\"" }
        }
    }

    func mismatch(_ expected: String, hint: String? = nil) {
        problems.add(node, "\(key) is \(kind), not \(expected)", hint: hint)
    }

    /// The text of a scalar, whatever its type in YAML.
    func text(_ expected: String = "text", hint: String? = nil) -> String? {
        guard case .scalar(let scalar) = node, !isNull else {
            mismatch(expected, hint: hint)
            return nil
        }
        return scalar.string
    }

    /// The text of a version, which must not be a number to YAML: 2.10 and 2.1 are the same number.
    func version(_ example: String) -> String? {
        guard let text = text("a version such as \"\(example)\"") else { return nil }
        if case .scalar(let scalar) = node, scalar.style == .plain, Double(text) != nil {
            problems.add(
                node, "\(key): \(text) is a number to YAML, which drops its last zeros",
                hint: "write \(key): \"\(text)\"")
            return nil
        }
        return text
    }

    func integer(_ expected: String) -> Int64? {
        guard let text = text(expected) else { return nil }
        guard let value = Int64(text) else {
            mismatch(expected)
            return nil
        }
        return value
    }

    func number(_ expected: String) -> Double? {
        guard let text = text(expected) else { return nil }
        guard let value = Double(text), value.isFinite else {
            mismatch(expected)
            return nil
        }
        return value
    }

    func boolean() -> Bool? {
        guard let text = text("true or false") else { return nil }
        if case .scalar(let scalar) = node, scalar.style == .plain, ["true", "false"].contains(text) {
            return text == "true"
        }
        mismatch("true or false")
        return nil
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        let choices = Choice.allCases.map(\.rawValue)
        guard let text = text("one of \(choices.joined(separator: ", "))") else { return nil }
        if let value = Choice(rawValue: text) { return value }
        let near = nearest(to: text, among: choices)
        mismatch("one of \(choices.joined(separator: ", "))", hint: near.map { "write \(key): \($0)" })
        return nil
    }

    /// The elements of a list. A single value is not taken for a list of one.
    func list(of elements: String, example: String) -> [RecipeNode] {
        guard case .sequence(let sequence) = node else {
            mismatch("a list of \(elements)", hint: "write \(key): [\(example)]")
            return []
        }
        return sequence.map { RecipeNode(key: key, node: $0, problems: problems) }
    }

    /// The pairs of a mapping with any keys.
    func pairs(_ expected: String) -> [(name: String, value: RecipeNode)] {
        guard case .mapping(let mapping) = node else {
            mismatch(expected)
            return []
        }
        var pairs: [(String, RecipeNode)] = []
        for (keyNode, value) in mapping {
            guard case .scalar(let scalar) = keyNode else {
                problems.add(keyNode, "a key has to be text")
                continue
            }
            let path = key.isEmpty ? scalar.string : "\(key).\(scalar.string)"
            pairs.append((scalar.string, RecipeNode(key: path, node: value, problems: problems)))
        }
        return pairs
    }

    /// The values of a mapping that may have these keys only. Keys with no value are left out.
    func fields(_ allowed: [String], expected: String) -> [String: RecipeNode] {
        guard case .mapping(let mapping) = node else {
            mismatch(expected)
            return [:]
        }
        for (keyNode, _) in mapping {
            guard case .scalar(let scalar) = keyNode, !allowed.contains(scalar.string) else { continue }
            let near = nearest(to: scalar.string, among: allowed)
            let place = key.isEmpty ? "" : " in \(key)"
            problems.add(
                keyNode, "unknown key \"\(shortened(scalar.string))\"\(place)",
                hint: near.map { "did you mean \($0)?" } ?? "the keys are \(allowed.joined(separator: ", "))")
        }
        let known = pairs(expected).filter { allowed.contains($0.name) && !$0.value.isNull }
        return Dictionary(known.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}

/// The beginning of a text, for messages.
func shortened(_ text: String) -> String {
    let line = text.prefix { !$0.isNewline }
    return line.count > 40 || line.count < text.count ? "\(line.prefix(40))…" : text
}
