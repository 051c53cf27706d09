/// Which of the colours each line of a panel has: the same role has the same colour in every figure of a run.
enum LineInk {
    private static let roles: [String: Int] = [
        "train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "eval": 1, "evaluation": 1, "test": 2,
    ]
    /// Grey, for what stands behind.
    private static let quietInk = 6

    /// Numbers of colours, all different for as many lines as there are colours.
    ///
    /// - Parameter quiet: whether a line stands behind the others.
    static func choose(_ names: [String], quiet: [Bool]) -> [Int] {
        var free = Array(FigureStyle.light.indices)
        var inks = [Int?](repeating: nil, count: names.count)
        func take(_ ink: Int, for line: Int) {
            guard let place = free.firstIndex(of: ink) else { return }
            free.remove(at: place)
            inks[line] = ink
        }
        for (line, name) in names.enumerated() {
            if let role = role(of: name) { take(role, for: line) }
        }
        for line in names.indices where inks[line] == nil && quiet[line] { take(quietInk, for: line) }
        for line in names.indices where inks[line] == nil {
            if let next = free.first { take(next, for: line) }
        }
        return inks.enumerated().map { $1 ?? $0 % FigureStyle.light.count }
    }

    private static func role(of name: String) -> Int? {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }
        return words.lazy.compactMap { roles[String($0)] }.first
    }
}
