import RecipeModel

/// Whether a lock still belongs to its recipe: `bunsen lock --check`.
package enum LockCheck: Sendable, Equatable {
    case agrees
    /// What differs, one sentence each, such as "torch is 2.9, the lock has 2.8".
    case differs([String])

    /// - Parameter folder: the recipe's.
    package static func compare(recipe: Recipe, folder: String, lock: Lock) throws -> LockCheck {
        let inputs = try ResolutionInputs(recipe: recipe, folder: folder)
        if inputs.digest == lock.inputs.digest { return .agrees }
        return .differs(inputs.changes(from: lock.inputs))
    }
}
