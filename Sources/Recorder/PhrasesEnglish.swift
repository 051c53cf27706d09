extension Phrases {
    package static let english = Phrases(
        figures: .english, observations: .english,
        environment: "Environment", command: "Command and mounts", gpu: "GPU", hyperparameters: "Hyperparameters",
        metrics: "Metrics", curves: "Curves", logged: "Logged by the program",
        notebook: "Notebook",
        executedCells: { link, done, cells in
            done == cells ? "\(link), all \(cells) cells executed." : "\(link), \(done) of \(cells) cells executed."
        },
        cell: { "Cell [\($0)]" },
        moreFigures: { "\($0) more figures are in the notebook: they are too many or too large for this page." },
        colon: ": ",
        observationsHeading: "Observations",
        nextSteps: "Next steps",
        model: "Model", optimizer: "Optimizer",
        batch: { local, workers, global in
            guard let workers, let global else { return "Batch \(local)" }
            return "Batch \(local) × \(workers) → \(global)"
        },
        workers: { count, areGPUs in areGPUs ? "\(count) GPUs" : "\(count) processes" },
        epochs: { $0 == 1 ? "1 epoch" : "\($0) epochs" },
        status: { status in
            switch status {
            case .running: "running"
            case .finished: "finished"
            case .failed: "failed"
            case .killed: "killed"
            case .outOfMemory: "out of memory"
            case .stopped: "stopped"
            case .interrupted: "interrupted"
            }
        },
        endedBadly: { status, exit, reason, step in
            let parts = [exit, step.map { "last step \($0)" }].compactMap { $0 }
            return "**The run ended badly: \(status)**" + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
                + (reason.map { ". \($0)" } ?? "") + "."
        },
        exitCode: { "exit code \($0)" }, signal: { "signal \($0)" }, lastOutput: "The last lines of the output:",
        lock: "Lock", notLocked: "not locked", image: "Image", cpuBuild: "CPU build",
        packages: { count, link in link.map { "\(count), see [the list](\($0))" } ?? count },
        packageList: "Packages in the environment", namedPackages: "Named packages", operatingSystem: "System",
        processor: { name, cores in cores == 1 ? "\(name), 1 core" : "\(name), \(cores) cores" },
        memory: "Memory", host: "Host", commit: "Commit", branch: { "on \($0)" },
        uncommitted: { link in
            link.map { "with uncommitted changes, see [the patch](\($0))" } ?? "with uncommitted changes"
        },
        noCommit: "no commit: the folder is not under git",
        runAgain: "To run it again:",
        withoutBunsen: "The same on the engine alone, with mounts and limits:",
        workingFolder: "Working folder", engine: "Engine", variable: "Variable",
        value: "Value", dataFolder: "Data folder", digest: "Digest", files: "Files", size: "Size",
        noGPU: "No GPU was visible: the run used the CPU.", driver: "Driver",
        item: "Item", name: "Name", source: "Source", noParameters: "None are known.",
        last: "Last", best: "Best", atStep: { value, step in "\(value) at step \(step)" }, constant: "constant",
        points: "Points",
        noMetrics: "No metric was found.", primaryMark: "★",
        allPoints: { "All points are in [metrics.csv](\($0))." },
        moreCurves: { "\($0) more metrics have no figure here; their points are in metrics.csv." },
        noCurves: "There are no points to draw.", step: { "step \($0)" })
}
