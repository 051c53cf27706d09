/// How much of the machine a run may use. A field that is nil (or empty) sets no limit.
///
/// The same type says what was asked for and what an engine applied, as read back from it.
package struct ResourceLimits: Sendable, Hashable, Codable {
    /// Bytes of main memory, swap not counted: there is none beside it.
    package var memory: Int64?
    /// Processors' worth of time; 1.5 is one and a half.
    package var cpus: Double?
    package var gpus: GPUSelection?
    /// Bytes of /dev/shm.
    package var sharedMemory: Int64?
    /// Processes and threads at a time.
    package var pids: Int64?
    /// In the order of their names.
    package var ulimits: [ResourceUlimit]?

    package init() {}

    /// Bytes of /dev/shm where nobody says: half of the memory, and never less than 2 GiB. The workers of a data loader
    /// hand over batches through it, and Docker's own 64 MiB end in bus errors.
    package static func usualSharedMemory(memory: Int64?) -> Int64 { max(2 << 30, (memory ?? 0) / 2) }

    /// Up to the numbers that the kernel has for processes (PID_MAX_LIMIT).
    package static let pidsRange: ClosedRange<Int64> = 1...4_194_304

    package var isEmpty: Bool { self == ResourceLimits() }
}

/// Which GPUs a run sees.
package enum GPUSelection: Sendable, Hashable, Codable, CustomStringConvertible {
    case all
    case count(Int)
    /// Numbers as NVML counts them, or UUIDs.
    case devices([String])

    /// As Docker writes it: `all`, `2`, `device=0,1`.
    package init?(_ text: String) {
        // A shell needs quotes twice to hand Docker a list: --gpus '"device=0,1"'.
        let plain = text.split(separator: "\"").joined()
        if plain == "all" {
            self = .all
        } else if let count = Int(plain), (0...1024).contains(count) {
            self = .count(count)
        } else {
            // An UUID alone is understood too.
            guard plain.hasPrefix("device=") || plain.hasPrefix("GPU-") || plain.hasPrefix("MIG-") else { return nil }
            let list = plain.hasPrefix("device=") ? plain.dropFirst(7) : plain[...]
            let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let isName = { (name: String) in
                !name.isEmpty && name.utf8.allSatisfy { $0 == 45 || $0 == 47 || (48...122).contains($0) }
            }
            guard names.allSatisfy(isName), Set(names).count == names.count else { return nil }
            self = .devices(names)
        }
    }

    package var description: String {
        switch self {
        case .all: "all"
        case .count(let count): String(count)
        case .devices(let names): "device=\(names.joined(separator: ","))"
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let selection = GPUSelection(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" selects no GPUs")
        }
        self = selection
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
