import LayerArchive
import OCIModel
import RecipeModel
import Resolver

/// What to build.
package struct ImageRequest: Sendable {
    package var name: ImageReference
    package var recipe: Recipe
    /// `sha256:…` of bunsen.yaml.
    package var recipeDigest: String
    /// With its variants.
    package var lock: Lock
    /// Of the variant's pylock.toml, where the variant has one.
    package var files: LockedFiles
    /// The folder of the recipe.
    package var project: String
    /// One of the recipe's variants.
    package var variant: Recipe.Variant?
    package var format = LayerFormat.gzip
    /// Whether modules are compiled, so that the first start of a container need not do it.
    package var compilesModules = false
    /// Whether every library that the image's files need has to be in it.
    package var provesLibraries = true
    /// Whether the image is started once, to import torch in it.
    package var importsTorch = true
    package var userID: UInt32 = 1000
    package var layers = Layers()
    /// Gets the layers of wheels as they are made, while others still are; called by several threads.
    package var onLayer: (@Sendable (ContentDescriptor) -> Void)?

    /// Which layers have to be made, and which are taken as they are.
    package struct Layers: Sendable {
        /// Where the image will go: what is there need not be here.
        package var target = PushTarget.nowhere
        /// Whether every layer has to be on this machine, so that all of the image can be looked at.
        package var mustBeHere = false
        /// Whether layers are made anew that are here or at the target.
        package var areMadeAnew = false

        package init() {}
    }

    /// What the variant adds to the packages of the lock.
    var addedPackages: [Lock.Package] {
        variant.flatMap { variant in lock.variants.first { $0.name == variant.name } }?.packages ?? []
    }

    /// Whether layers are unpacked too, because something looks at their files or runs in them.
    var needsSnapshots: Bool { provesLibraries || importsTorch || compilesModules }

    package init(
        name: ImageReference, recipe: Recipe, recipeDigest: String, lock: Lock, files: LockedFiles, project: String
    ) {
        self.name = name
        self.recipe = recipe
        self.recipeDigest = recipeDigest
        self.lock = lock
        self.files = files
        self.project = project
    }
}
