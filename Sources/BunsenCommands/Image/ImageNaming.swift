import OCIModel
import RecipeModel

/// What a recipe's image is called where nobody gives it a name.
enum ImageNaming {
    /// The recipe's `image`, or `localhost/` and the recipe's name.
    static func repository(of recipe: Recipe) throws -> Repository {
        try Repository(recipe.image ?? "localhost/\(recipe.plainName ?? "image")")
    }
}
