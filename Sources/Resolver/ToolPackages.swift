import RecipeModel

/// The Python packages that the tools of a recipe need.
enum ToolPackages {
    /// In order; none for a tool that is no Python program.
    static func requirements(of tool: Recipe.Tool) -> [String] {
        switch tool {
        // nbclient executes notebooks, in a kernel of ipykernel. The oldest releases that this was tested with.
        case .jupyter: ["ipykernel>=6", "jupyterlab>=4", "nbclient>=0.10"]
        case .ssh: []
        }
    }
}
