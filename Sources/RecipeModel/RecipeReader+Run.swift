import ExperimentModel

extension RecipeReader {
    static func run(_ node: RecipeNode) -> Recipe.Run {
        let fields = node.fields(
            ["engine", "limits", "mounts", "seed", "env"], expected: "a mapping of engine, limits, mounts, seed, env")
        var run = Recipe.Run()
        if let engine = fields["engine"]?.choice(Recipe.Engine.self) { run.engine = engine }
        if let limits = fields["limits"] { run.limits = self.limits(limits) }
        run.mounts = (fields["mounts"]?.list(of: "mounts", example: "./data:/workspace/data:ro") ?? []).compactMap(
            mount)
        if let seed = fields["seed"] {
            run.seed = seed.integer("a whole number such as 1")
            if let value = run.seed, value < 0 { seed.mismatch("a whole number from 0") }
        }
        run.environment = fields["env"].map(environment) ?? [:]
        return run
    }

    private static func limits(_ node: RecipeNode) -> Recipe.Limits {
        let fields = node.fields(
            ["gpus", "memory", "cpus", "shm", "pids", "ulimits"],
            expected: "a mapping of gpus, memory, cpus, shm, pids, ulimits")
        var limits = Recipe.Limits()
        if let gpus = fields["gpus"], let count = gpus.integer("a number of GPUs") {
            if let small = Int(exactly: count), (0...1024).contains(small) {
                limits.gpus = small
            } else {
                gpus.mismatch("a number of GPUs from 0 to 1024")
            }
        }
        if let cpus = fields["cpus"], let count = cpus.number("a number of processors such as 8 or 1.5") {
            if count > 0, count <= 65536 {
                limits.cpus = count
            } else {
                cpus.mismatch("a number of processors above 0")
            }
        }
        limits.memory = fields["memory"].flatMap(size)
        limits.sharedMemory = fields["shm"].flatMap(size)
        if let pids = fields["pids"], let count = pids.integer("a number of processes such as 200") {
            if ResourceLimits.pidsRange.contains(count) {
                limits.pids = count
            } else {
                pids.mismatch("a number of processes from 1")
            }
        }
        limits.ulimits = ulimits(fields["ulimits"]?.list(of: "limits", example: "nofile=1024:2048") ?? [])
        return limits
    }

    private static func ulimits(_ nodes: [RecipeNode]) -> [ResourceUlimit] {
        var limits: [ResourceUlimit] = []
        for node in nodes {
            let form = "a limit such as nofile=1024:2048"
            guard let text = node.text(form) else { continue }
            do {
                let limit = try ResourceUlimit(text)
                if limits.contains(where: { $0.name == limit.name }) {
                    node.problems.add(node.node, "\(node.key) has \(limit.name) twice")
                } else {
                    limits.append(limit)
                }
            } catch {
                node.mismatch(
                    form,
                    hint: error == .softAboveHard
                        ? "the soft limit, which comes first, is not above the hard one"
                        : "write NAME=SOFT:HARD; names: \(ResourceUlimit.names.joined(separator: ", "))")
            }
        }
        return limits
    }

    private static func size(_ node: RecipeNode) -> MemorySize? {
        guard let text = node.text("a size such as 32g") else { return nil }
        if let size = MemorySize(text) { return size }
        node.mismatch("a size such as 512m or 32g")
        return nil
    }

    private static func mount(_ node: RecipeNode) -> Recipe.Mount? {
        let form = "a mount such as ./data:/workspace/data:ro"
        guard let text = node.text(form) else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), !parts[0].isEmpty, parts[1].hasPrefix("/"), !text.utf8.contains(0) else {
            node.mismatch(form, hint: "write source:destination, where the destination begins with /")
            return nil
        }
        guard parts.count == 2 || ["ro", "rw"].contains(parts[2]) else {
            node.mismatch(form, hint: "the last part is ro or rw")
            return nil
        }
        return Recipe.Mount(source: parts[0], destination: parts[1], isReadOnly: parts.count == 3 && parts[2] == "ro")
    }

    static func record(_ node: RecipeNode) -> Recipe.Record {
        let fields = node.fields(
            ["language", "primary", "tolerances", "patterns"],
            expected: "a mapping of language, primary, tolerances, patterns")
        var record = Recipe.Record()
        if let language = fields["language"]?.choice(Recipe.Record.Language.self) { record.language = language }
        record.primary = fields["primary"].flatMap(primary)
        for (name, value) in fields["tolerances"]?.pairs("a mapping of metrics to { atol, rtol }") ?? [] {
            record.tolerances[name] = tolerance(value)
        }
        for element in fields["patterns"]?.list(of: "regular expressions", example: "'loss (?<loss>[0-9.]+)'") ?? [] {
            guard let text = element.text("a regular expression") else { continue }
            if let reason = patternProblem(text) {
                element.problems.add(element.node, "\"\(shortened(text))\" is not a regular expression: \(reason)")
            } else {
                record.patterns.append(text)
            }
        }
        return record
    }

    /// Why a text cannot be a pattern for metrics, or nil.
    private static func patternProblem(_ text: String) -> String? {
        if text.isEmpty { return "it is empty" }
        if text.utf8.count > 1000 { return "it has more than 1000 bytes" }
        do {
            _ = try Regex(text)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func primary(_ node: RecipeNode) -> PrimaryMetric? {
        let fields = node.fields(["metric", "goal"], expected: "a mapping such as { metric: val_acc, goal: max }")
        guard let metric = fields["metric"]?.text("the name of a metric"), !metric.isEmpty else {
            if fields["metric"] == nil, case .mapping = node.node {
                node.problems.add(
                    node.node, "\(node.key) names no metric", hint: "write { metric: val_acc, goal: max }")
            }
            return nil
        }
        guard let goal = fields["goal"] else {
            node.problems.add(node.node, "\(node.key) has no goal", hint: "write goal: max, or goal: min")
            return nil
        }
        return goal.choice(PrimaryMetric.Goal.self).map { PrimaryMetric(metric: metric, goal: $0) }
    }

    private static func tolerance(_ node: RecipeNode) -> Recipe.Tolerance? {
        let fields = node.fields(["atol", "rtol"], expected: "a mapping such as { atol: 0.005 }")
        var values: [String: Double] = [:]
        for (name, field) in fields {
            guard let value = field.number("a number such as 0.005") else { continue }
            if value < 0 { field.mismatch("a number from 0") }
            values[name] = value
        }
        if fields.isEmpty, case .mapping = node.node {
            node.problems.add(node.node, "\(node.key) says nothing", hint: "write { atol: 0.005 }")
        }
        return Recipe.Tolerance(absolute: values["atol"] ?? 0, relative: values["rtol"] ?? 0)
    }
}
