import RecipeModel

/// Whether a lock still belongs to its recipe: `bunsen lock --check`.
package enum LockCheck: Sendable, Equatable {
    case agrees
    /// What differs, one sentence each, such as "torch is 2.9, the lock has 2.8".
    case differs([String])

    /// - Parameter folder: the recipe's.
    package static func compare(recipe: Recipe, folder: String, lock: Lock) throws -> LockCheck {
        let inputs = try ResolutionInputs(recipe: recipe, folder: folder)
        var changes = inputs.digest == lock.inputs.digest ? [] : inputs.changes(from: lock.inputs)
        for name in Set(recipe.variants.map(\.name) + lock.variants.map(\.name)).sorted() {
            let now = recipe.variants.first { $0.name == name }?.sortedRequirements ?? []
            let then = lock.variants.first { $0.name == name }?.requirements ?? []
            changes += ResolutionInputs.changes(of: "variants.\(name).packages", now, from: then)
        }
        return changes.isEmpty ? .agrees : .differs(changes)
    }
}
