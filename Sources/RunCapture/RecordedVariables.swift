/// Which environment variables belong into a record: those that change what a training run does, and no others. A list of what
/// is allowed is the only safe kind: nobody can list every secret.
package enum RecordedVariables {
    private static let names: Set<String> = [
        "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_LAUNCH_BLOCKING", "CUDA_HOME", "CUBLAS_WORKSPACE_CONFIG",
        "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES", "NVIDIA_TF32_OVERRIDE",
        "BUNSEN_SEED", "PYTHONHASHSEED", "PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONOPTIMIZE",
        "WORLD_SIZE", "RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "NODE_RANK",
        "LD_LIBRARY_PATH", "LD_PRELOAD", "VIRTUAL_ENV", "CONDA_DEFAULT_ENV", "CONDA_PREFIX", "LANG", "LC_ALL", "TZ",
        "HOSTNAME", "SLURM_JOB_ID", "SLURM_JOB_NAME", "SLURM_NNODES", "SLURM_NTASKS", "SLURM_PROCID",
    ]

    private static let prefixes = [
        "TORCH", "PYTORCH_", "NCCL_", "GLOO_", "OMP_", "MKL_", "OPENBLAS_", "KMP_", "XLA_", "TRITON_", "ACCELERATE_",
        "HF_DATASETS_", "HF_HUB_OFFLINE", "TOKENIZERS_", "TRANSFORMERS_", "DEEPSPEED_", "UCX_", "FI_",
    ]

    /// The recorded part of an environment, with secrets replaced.
    ///
    /// - Parameter given: names set on the command line or in the recipe, which are recorded as well.
    package static func select(
        from environment: [String: String], given: Set<String>, redaction: Redaction
    ) -> [String: String] {
        var selected: [String: String] = [:]
        for (name, value) in environment {
            guard given.contains(name) || names.contains(name) || prefixes.contains(where: name.hasPrefix) else {
                continue
            }
            selected[name] = Redaction.isSecretName(name) ? Redaction.mark : redaction.redacted(value)
        }
        return selected
    }
}
