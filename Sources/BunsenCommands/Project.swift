import HostSystem
import RecipeModel
import RunStore

/// The folder that runs belong to: that of the nearest recipe above the working folder, else of the nearest `.bunsen`,
/// else the working folder itself.
struct Project {
    let folder: String
    /// Path of the recipe; nil where there is none.
    let recipePath: String?

    init(_ context: CommandContext) {
        let above = Self.foldersUpwards(from: context.workingFolder)
        if let folder = above.first(where: { Files.exists("\($0)/\(Recipe.fileName)") }) {
            self.folder = folder
            recipePath = "\(folder)/\(Recipe.fileName)"
        } else {
            folder = above.first { Files.isFolder("\($0)/.bunsen/runs") } ?? context.workingFolder
            recipePath = nil
        }
    }

    var store: RunStore { RunStore(project: folder) }
    var lockPath: String { "\(folder)/bunsen.lock" }
    var logbook: String { "\(folder)/log" }

    func recipe() throws -> Recipe? { try recipePath.map { try RecipeReader.read(path: $0) } }

    /// The recipe, for commands that do nothing without one.
    func neededRecipe() throws -> Recipe {
        guard let recipe = try recipe() else {
            throw Failure(
                "there is no bunsen.yaml here or above", hint: "write one for this machine: bunsen init", code: .missing
            )
        }
        return recipe
    }

    /// `sha256:` and the digest of the recipe's text; nil where there is none.
    func recipeDigest() throws -> String? { try recipePath.map { "sha256:\(try SHA256.hexDigest(file: $0))" } }

    private static func foldersUpwards(from folder: String) -> [String] {
        var folders = [folder]
        while let parent = Files.parent(of: folders[folders.count - 1]) { folders.append(parent) }
        return folders
    }
}
