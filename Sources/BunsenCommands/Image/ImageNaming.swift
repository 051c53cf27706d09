import OCIModel
import RecipeModel

/// What a recipe's image is called where nobody gives it a name.
enum ImageNaming {
    /// The recipe's `image`, or `localhost/` and the recipe's name.
    static func repository(of recipe: Recipe) throws -> Repository {
        try Repository(recipe.image ?? "localhost/\(pathComponent(recipe.name))")
    }

    /// A recipe's name may have letters that the path of an image cannot have.
    private static func pathComponent(_ name: String) -> String {
        let bytes = name.lowercased().utf8.map { byte -> UInt8 in
            (97...122).contains(byte) || (48...57).contains(byte) ? byte : UInt8(ascii: "-")
        }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "-")
        return parts.isEmpty ? "image" : parts.joined(separator: "-")
    }
}
