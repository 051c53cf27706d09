import ContentStore
import Engines
import ExperimentModel
import Glibc
import RecipeModel

/// Which engine runs a command, and within which limits: from the command line over the recipe.
struct RunPlan {
    let engine: any ContainerEngine
    /// Why this engine; nil where there was nothing to choose.
    let reason: String?
    let limits: ResourceLimits

    var hasContainer: Bool { engine.name != .process }

    /// - Parameter need: what else asks for a container, such as "ssh".
    init(_ options: LimitOptions, _ recipe: Recipe?, need: String? = nil, _ catalog: EngineCatalog) throws {
        limits = try options.limits(over: recipe?.run.limits)
        let asked = options.engine ?? recipe?.run.engine ?? .auto
        let needs = (need.map { [$0] } ?? []) + options.containerOptions + (recipe?.refusedByProcessEngine ?? [])
        let choice = try catalog.choose(asked.name, need: needs.isEmpty ? nil : needs.joined(separator: ", "))
        engine = choice.engine
        reason = asked == .auto && !needs.isEmpty ? choice.reason : nil
        if engine.name == .process {
            let refused = (recipe?.run.mounts.first).map { "run.mounts: \($0)" } ?? options.volume.first
            if let refused {
                throw EngineError(
                    "mount", refused, .refused("a plain process cannot do that: it sees the machine's own files"),
                    hint: "take it out, or use an engine with containers: --engine docker, podman or runc")
            }
            if let image = options.image {
                throw EngineError(
                    "run", image, .refused("a plain process cannot do that: it is an image"),
                    hint: "use an engine with containers: --engine docker, podman or runc")
            }
        }
    }
}

extension EngineCatalog {
    static func ofThisMachine(_ inventory: [RunManifest.GPU], _ context: CommandContext) -> EngineCatalog {
        let daemons = [DaemonEngine.Flavor.docker, .podman].map { flavor in
            DaemonEngine(
                flavor, environment: context.environment, store: ContentStore(home: context.home), inventory: inventory)
        }
        let runc = RuncEngine(
            store: ContentStore(home: context.home), environment: context.environment, inventory: inventory)
        let process = ProcessEngine(inventory: inventory)
        // Root gets by runc alone, and fastest, what daemons give. An ordinary user has no limits there, so daemons go
        // first.
        return EngineCatalog(geteuid() == 0 ? [runc] + daemons + [process] : daemons + [runc, process])
    }
}
