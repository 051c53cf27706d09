import ExperimentModel
import RecipeModel

/// Limits as Docker's command line writes them: `--memory 2g --cpus 1.5 --gpus '"device=0,1"' --shm-size 4g
/// --pids-limit 200 --ulimit nofile=1024:2048`.
package enum LimitText {
    /// - Throws: `EngineError` that names the option and what it takes.
    package static func memory(_ text: String) throws -> Int64 {
        let bytes = try size(text, option: "--memory")
        // Less than this no engine accepts.
        guard bytes >= 6 << 20 else {
            throw EngineError("set", "--memory \(text)", .notUnderstood("the least is 6m"))
        }
        return bytes
    }

    package static func sharedMemory(_ text: String) throws -> Int64 { try size(text, option: "--shm-size") }

    private static func size(_ text: String, option: String) throws -> Int64 {
        guard let size = MemorySize(text) else {
            throw EngineError("set", "\(option) \(text)", .notUnderstood("a size is written such as 512m or 32g"))
        }
        return size.bytes
    }

    package static func cpus(_ text: String) throws -> Double {
        let isNumber = !text.isEmpty && text.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (48...57).contains($0) }
        guard isNumber, let count = Double(text), count >= 0.01, count <= 65536 else {
            throw EngineError("set", "--cpus \(text)", .notUnderstood("a number of processors such as 8 or 1.5"))
        }
        return count
    }

    package static func gpus(_ text: String) throws -> GPUSelection {
        guard let selection = GPUSelection(text) else {
            throw EngineError(
                "set", "--gpus \(text)", .notUnderstood("it is not a number, all, or a list of devices"),
                hint: "write --gpus 2, or --gpus device=0,1")
        }
        return selection
    }

    package static func pids(_ text: String) throws -> Int64 {
        guard let count = Int64(text), ResourceLimits.pidsRange.contains(count) else {
            throw EngineError("set", "--pids-limit \(text)", .notUnderstood("a number of processes from 1"))
        }
        return count
    }

    /// `name=soft[:hard]`; one number is both.
    package static func ulimit(_ text: String) throws -> ResourceUlimit {
        do {
            return try ResourceUlimit(text)
        } catch .softAboveHard {
            throw EngineError("set", "--ulimit \(text)", .notUnderstood("the soft limit is above the hard one"))
        } catch .form {
            throw EngineError(
                "set", "--ulimit \(text)", .notUnderstood("a limit is written name=soft:hard"),
                hint: "such as nofile=1024:2048; names: \(ResourceUlimit.names.joined(separator: ", "))")
        }
    }
}

extension ResourceLimits {
    /// What containers get as /dev/shm where nothing was said: half of the memory limit, and at least 2 GB. Docker's
    /// own 64 MB break PyTorch's data loaders.
    package var sharedMemoryOrDefault: Int64 { sharedMemory ?? Self.usualSharedMemory(memory: memory) }

    /// The memory limit for a sentence: `2 GB`.
    package static func memoryText(_ bytes: Int64) -> String {
        for (unit, shift) in [("TB", 40), ("GB", 30), ("MB", 20), ("kB", 10)] {
            let one = Int64(1) << shift
            guard bytes >= one else { continue }
            if bytes % one == 0 { return "\(bytes >> shift) \(unit)" }
            return "\(ReadableNumber.text(Double(bytes) / Double(one), digits: 3)) \(unit)"
        }
        return "\(bytes) B"
    }
}
