/// The candidate that is fewest edits (insert, remove, replace, swap neighbours) away from `word`, when it is near
/// enough to be what was meant: at most a third of the word, and at least one letter.
package func nearest(to word: String, among candidates: [String]) -> String? {
    let limit = max(1, min(word.count, 64) / 3)
    var best: (word: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(word.lowercased(), candidate)
        if distance <= limit, distance < (best?.distance ?? Int.max) { best = (candidate, distance) }
    }
    return best?.word
}

/// The optimal string alignment distance. Words longer than 64 characters count as far away.
func editDistance(_ left: String, _ right: String) -> Int {
    let first = Array(left)
    let second = Array(right)
    guard first.count <= 64, second.count <= 64 else { return Int.max }
    guard !first.isEmpty, !second.isEmpty else { return max(first.count, second.count) }
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for row in 1...first.count {
        var current = [row]
        for column in 1...second.count {
            let replaced = last[column - 1] + (first[row - 1] == second[column - 1] ? 0 : 1)
            var least = min(replaced, last[column] + 1, current[column - 1] + 1)
            if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
                least = min(least, beforeLast[column - 2] + 1)
            }
            current.append(least)
        }
        beforeLast = last
        last = current
    }
    return last[second.count]
}
