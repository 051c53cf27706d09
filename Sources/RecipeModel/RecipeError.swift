/// One thing that is wrong in a recipe: where, why, and what to write instead.
package struct RecipeProblem: Sendable, Hashable {
    /// From 1; nil where the whole file is meant.
    package var line: Int?
    package var column: Int?
    /// Lower case, no full stop.
    package var reason: String
    package var hint: String?

    package init(line: Int? = nil, column: Int? = nil, reason: String, hint: String? = nil) {
        self.line = line
        self.column = column
        self.reason = reason
        self.hint = hint
    }
}

/// A recipe that cannot be used, with up to ten of its problems in the order of their lines.
package struct RecipeError: Error, Sendable, CustomStringConvertible {
    package static let mostProblems = 10

    package let file: String
    /// There is no such file.
    package let isMissing: Bool
    package let problems: [RecipeProblem]

    package init(file: String, isMissing: Bool = false, problems: [RecipeProblem]) {
        self.file = file
        self.isMissing = isMissing
        let sorted = problems.enumerated().sorted {
            (($0.element.line ?? 0), ($0.element.column ?? 0), $0.offset)
                < (($1.element.line ?? 0), ($1.element.column ?? 0), $1.offset)
        }
        self.problems = sorted.prefix(Self.mostProblems).map(\.element)
    }

    /// `bunsen.yaml:3:8: reason`, one line per problem, without the hints.
    package var description: String {
        problems.map { problem in
            let place = [problem.line, problem.column].compactMap { $0.map { ":\($0)" } }.joined()
            return "\(file)\(place): \(problem.reason)"
        }.joined(separator: "\n")
    }

    /// The different hints in the order of their problems.
    package var hints: [String] {
        var seen: Set<String> = []
        return problems.compactMap(\.hint).filter { seen.insert($0).inserted }
    }
}
