import ArgumentParser
import Engines
import ExperimentModel
import RecipeModel

/// How much of the machine a command may use, as Docker's command line has it.
struct LimitOptions: ParsableArguments {
    @Option(name: .long, help: "Which engine runs it: auto, docker, podman, runc or process (default: the recipe's).")
    var engine: Recipe.Engine?

    @Option(name: .long, help: "GPUs to show to the command: a number, all, or device=0,2. The others are hidden.")
    var gpus: String?

    @Option(name: .long, help: "The most memory, such as 32g.")
    var memory: String?

    @Option(name: .long, help: "The most processors, such as 1.5.")
    var cpus: String?

    @Option(name: .long, help: "The size of /dev/shm (default: half of the memory limit, at least 2g).")
    var shmSize: String?

    @Option(name: [.customLong("pids"), .customLong("pids-limit")], help: "The most processes and threads at a time.")
    var pids: String?

    @Option(name: .long, help: "A limit of the shell's ulimit, such as nofile=1024:2048. May be repeated.")
    var ulimit: [String] = []

    @Option(
        name: [.customShort("v"), .customLong("volume")],
        help: "A file or folder to mount: source:/destination[:ro]. May be repeated.")
    var volume: [String] = []

    @Option(name: .long, help: "An image to run in, instead of the one that was built from the lock.")
    var image: String?

    @Option(name: .long, help: "The container's network: host or none.")
    var network: ContainerNetwork?

    /// What was asked for: on the command line, else in the recipe.
    func limits(over recipe: Recipe.Limits?) throws -> ResourceLimits {
        var limits = ResourceLimits()
        limits.memory = try memory.map(LimitText.memory) ?? recipe?.memory?.bytes
        limits.cpus = try cpus.map(LimitText.cpus) ?? recipe?.cpus
        limits.gpus = try gpus.map(LimitText.gpus) ?? recipe?.gpus.map(GPUSelection.count)
        limits.sharedMemory = try shmSize.map(LimitText.sharedMemory) ?? recipe?.sharedMemory?.bytes
        limits.pids = try pids.map(LimitText.pids) ?? recipe?.pids
        let asked = try ulimit.map(LimitText.ulimit)
        // Each by itself: one on the command line goes before the recipe's of the same name.
        let ulimits = asked + (recipe?.ulimits ?? []).filter { own in !asked.contains { $0.name == own.name } }
        if !ulimits.isEmpty { limits.ulimits = ulimits.sorted { $0.name < $1.name } }
        return limits
    }

    /// What on the command line asks for a container.
    var containerOptions: [String] {
        [
            memory.map { _ in "--memory" }, cpus.map { _ in "--cpus" }, shmSize.map { _ in "--shm-size" },
            pids.map { _ in "--pids" }, ulimit.first.map { _ in "--ulimit" }, volume.first.map { _ in "-v" },
            image.map { _ in "--image" }, network == .some(.none) ? "--network none" : nil,
        ].compactMap { $0 }
    }
}

extension ContainerNetwork: ExpressibleByArgument {}

extension Recipe.Engine: ExpressibleByArgument {
    /// Nil for `auto`.
    var name: EngineName? { EngineName(rawValue: rawValue) }
}
