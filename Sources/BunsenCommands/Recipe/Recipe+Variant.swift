import RecipeModel

extension Recipe {
    /// The variant that an option names.
    func variant(named name: String) throws -> Variant {
        if let variant = variants.first(where: { $0.name == name }) { return variant }
        let known = variants.map(\.name).joined(separator: ", ")
        throw Failure(
            "the recipe has no variant \(name)", hint: known.isEmpty ? "it has none" : "it has: \(known)", code: .usage)
    }
}
