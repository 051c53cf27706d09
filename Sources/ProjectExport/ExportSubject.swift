import ExperimentModel
import ImageBuilder
import RecipeModel

/// What other tools are told about a project: its image, and how containers of it are started.
package struct ExportSubject: Sendable, Hashable {
    /// The recipe's name.
    package var name: String
    /// The same with letters that names of services can have.
    var serviceName: String
    /// The image by digest: `registry.example.org/team/digits@sha256:…`.
    package var image: String
    /// The account of containers, nil where the base is another image and only its number is known.
    package var user: String?
    package var limits: Recipe.Limits
    /// Sources are relative to the recipe, or absolute.
    package var mounts: [Recipe.Mount]
    /// Whether the torch of the lock is one for GPUs.
    package var usesGPU: Bool
    package var hasJupyter: Bool

    package init(recipe: Recipe, image: String, user: String?, usesGPU: Bool) {
        name = recipe.name
        serviceName = recipe.plainName ?? "experiment"
        self.image = image
        self.user = user
        limits = recipe.run.limits
        mounts = recipe.run.mounts
        self.usesGPU = usesGPU
        hasJupyter = recipe.tools.contains(.jupyter)
    }

    /// Where the project is in a container.
    var workspace: String { ImageLayout.workspace }
    /// The interpreter of the environment there.
    var interpreter: String { "\(ImageLayout.prefix)/bin/python" }

    /// The size of /dev/shm.
    var sharedMemory: String {
        limits.sharedMemory?.description
            ?? "\(ResourceLimits.usualSharedMemory(memory: limits.memory?.bytes) >> 20)m"
    }

    /// How many GPUs containers get.
    enum GPUs: Hashable {
        case none
        case all
        case count(Int)
    }

    var gpus: GPUs {
        switch limits.gpus {
        case .some(0): .none
        case .some(let count): .count(count)
        case .none: usesGPU ? .all : .none
        }
    }

    /// A number as people write it: `8`, `1.5`.
    var cpus: String? {
        limits.cpus.map { $0 == $0.rounded() && abs($0) < 1e6 ? String(Int($0)) : String($0) }
    }
}
