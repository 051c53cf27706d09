import Yams

/// Turns text into YAML nodes within the limits of a recipe, with errors in plain words.
enum YAMLComposer {
    static let mostNodes = 1000
    static let deepestLevel = 16

    /// The root of the one document, or nil when there is none.
    static func compose(_ text: String) throws(RecipeProblem) -> Node? {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw problem(error, text: text)
        } catch {
            throw RecipeProblem(reason: "not YAML: \(error)")
        }
        guard let root else { return nil }
        var count = 0
        try measure(root, level: 1, count: &count)
        return root
    }

    private static func measure(_ node: Node, level: Int, count: inout Int) throws(RecipeProblem) {
        count += 1
        guard count <= mostNodes, level <= deepestLevel else {
            let what = level > deepestLevel ? "more than \(deepestLevel) levels" : "more than \(mostNodes) values"
            throw RecipeProblem(
                line: node.mark?.line, column: node.mark?.column, reason: "\(what) are too many for a recipe",
                hint: "put long lists of packages in requirements.txt and write requirements: requirements.txt")
        }
        switch node {
        case .scalar, .alias: break
        case .sequence(let sequence): for child in sequence { try measure(child, level: level + 1, count: &count) }
        case .mapping(let mapping):
            for (key, value) in mapping {
                try measure(key, level: level + 1, count: &count)
                try measure(value, level: level + 1, count: &count)
            }
        }
    }

    private static func problem(_ error: YamlError, text: String) -> RecipeProblem {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return explained(problem, mark: mark, text: text)
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            return RecipeProblem(line: before.count { $0.isNewline } + 1, reason: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { shortened($0) }.joined(separator: ", ")
            return RecipeProblem(
                line: context.mark.line, reason: "the key \(names) stands here twice",
                hint: "keep one of them")
        default:
            return RecipeProblem(reason: "not YAML")
        }
    }

    private static func explained(_ problem: String, mark: Mark, text: String) -> RecipeProblem {
        let lines = text.split(separator: "\n", maxSplits: max(0, mark.line), omittingEmptySubsequences: false)
        let line = lines.indices.contains(mark.line - 1) ? lines[mark.line - 1] : ""
        let indentation = line.prefix { $0 == " " || $0 == "\t" }
        if indentation.contains("\t") {
            return RecipeProblem(
                line: mark.line, column: mark.column, reason: "a tab in the indentation, where YAML wants spaces",
                hint: "replace tabs by two spaces")
        }
        var hint: String?
        if problem.contains("could not find expected ':'") {
            hint = "each line is \"key: value\"; quote text that has a colon in it"
        } else if problem.contains("mapping values are not allowed") {
            hint = "check the indentation; quote text that has a colon in it"
        } else if problem.contains("cannot start any token") {
            hint = "quote text that begins with %, @ or `"
        }
        return RecipeProblem(line: mark.line, column: mark.column, reason: "not YAML: \(problem)", hint: hint)
    }
}
