import ContentStore
import Engines
import ExperimentModel
import RecipeModel

/// Which engine runs a command, and within which limits: from the command line over the recipe.
struct RunPlan {
    let engine: any ContainerEngine
    /// Why this engine; nil where there was nothing to choose.
    let reason: String?
    let limits: ResourceLimits

    init(_ request: RunCommand, _ recipe: Recipe?, _ catalog: EngineCatalog) throws {
        limits = try request.limits.limits(over: recipe?.run.limits)
        let asked = request.limits.engine ?? recipe?.run.engine ?? .auto
        let needs = request.limits.containerOptions + (recipe?.refusedByProcessEngine ?? [])
        let choice = try catalog.choose(asked.name, need: needs.isEmpty ? nil : needs.joined(separator: ", "))
        engine = choice.engine
        reason = asked == .auto && !needs.isEmpty ? choice.reason : nil
        if engine.name == .process, let mount = recipe?.run.mounts.first {
            throw EngineError(
                "mount", "\(mount)", .refused("a plain process cannot do that: it sees the machine's own files"),
                hint: "take run.mounts out of bunsen.yaml, or use an engine with containers")
        }
    }
}

extension EngineCatalog {
    static func ofThisMachine(_ inventory: [RunManifest.GPU], _ context: CommandContext) -> EngineCatalog {
        let daemons = [DaemonEngine.Flavor.docker, .podman].map { flavor in
            DaemonEngine(
                flavor, environment: context.environment, store: ContentStore(home: context.home), inventory: inventory)
        }
        return EngineCatalog(daemons + [ProcessEngine(inventory: inventory)])
    }
}
