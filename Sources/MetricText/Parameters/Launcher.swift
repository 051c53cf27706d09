/// A program that starts the script in several processes, and what it was told.
package struct Launcher: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case torchrun, accelerate, deepspeed, mpirun
    }

    package var kind: Kind
    /// The launcher's own options, dashes inside names turned into `_`; a flag's value is `true`.
    package var options: [String: String] = [:]

    /// How many processes the options ask for; nil when it depends on the machine (`--nproc_per_node=gpu`) or can
    /// change (`--nnodes=1:4`).
    package var worldSize: Int? {
        switch kind {
        case .torchrun:
            Self.product(count("nproc_per_node", missing: 1), count("nnodes", missing: 1))
        case .accelerate:
            count("num_processes", missing: nil)
        case .deepspeed:
            Self.product(count("num_gpus", missing: nil), count("num_nodes", missing: 1))
        case .mpirun:
            count("np", missing: nil) ?? count("n", missing: nil)
        }
    }

    private func count(_ name: String, missing: Int?) -> Int? {
        guard let text = options[name] else { return missing }
        // torchrun takes MIN:MAX, and MIN alone for both.
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.allSatisfy({ $0 == first }), let value = Int(first), value > 0 else {
            return nil
        }
        return value
    }

    private static func product(_ left: Int?, _ right: Int?) -> Int? {
        guard let left, let right else { return nil }
        let (value, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? nil : value
    }

    /// Options that stand without a value; every other option of a launcher takes one.
    static func flags(_ kind: Kind) -> Set<String> {
        switch kind {
        case .torchrun:
            ["standalone", "no_python", "m", "module", "run_path", "use_env", "virtual_local_rank", "h", "help"]
        case .accelerate:
            [
                "multi_gpu", "cpu", "tpu", "use_deepspeed", "use_fsdp", "use_megatron_lm", "use_xpu", "quiet", "q",
                "debug", "m",
                "module", "no_python", "same_network", "dynamo_use_dynamic", "dynamo_use_fullgraph", "tpu_use_cluster",
                "enable_cpu_affinity", "use_parallelism_config",
            ]
        case .deepspeed:
            [
                "module", "m", "no_python", "no_local_rank", "no_ssh", "no_ssh_check", "force_multi",
                "enable_each_rank_log",
            ]
        case .mpirun: ["allow_run_as_root", "oversubscribe", "tag_output", "bind_to_none", "v", "q"]
        }
    }

    /// Options of mpirun that take two values.
    static func valueCount(_ kind: Kind, _ option: String) -> Int {
        kind == .mpirun && option == "mca" ? 2 : 1
    }
}
