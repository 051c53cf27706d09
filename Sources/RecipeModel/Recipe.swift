import ExperimentModel

/// What bunsen.yaml says, parsed and checked: everything an environment, a run and its record are made from.
package struct Recipe: Sendable, Hashable {
    package static let fileName = "bunsen.yaml"

    /// Letters, digits and `-_.`; Chinese letters too. From the folder's name where the recipe has none.
    package var name: String
    /// Nil where the packages bring torch themselves, or none is wanted.
    package var torch: TorchVersion?
    /// Nil means the build that the Python index has for this torch.
    package var cuda: ComputeTarget?
    /// Nil means any interpreter that the torch release supports.
    package var python: PythonVersion?
    package var packages: PackageSource
    /// Debian packages of the image.
    package var system: [String]
    /// What the image is built on.
    package var base: String?
    package var tools: [Tool]
    /// Whether the image has a C compiler. Nil means: when it has torch, whose torch.compile needs one.
    package var compiler: Bool?
    /// The repository of the image, without a tag.
    package var image: String?
    package var variants: [Variant]
    package var run: Run
    package var record: Record
    /// The lines of the top-level keys that the recipe has, for messages that come later.
    package var lines: [String: Int]
    /// Sentences about what is allowed but worth knowing, such as a torch newer than Bunsen's table.
    package var warnings: [String]

    /// Where the list of Python packages is.
    package enum PackageSource: Sendable, Hashable {
        case listed([Requirement])
        /// Path of a requirements file, relative to the recipe.
        case requirements(String)
        /// Path of a pyproject.toml, relative to the recipe.
        case project(String)
    }

    package enum Tool: String, Sendable, Hashable, CaseIterable { case jupyter, ssh }

    /// An environment and an image that add to the recipe's own.
    package struct Variant: Sendable, Hashable {
        package var name: String
        package var system: [String] = []
        package var packages: [Requirement] = []
        package var environment: [String: String] = [:]
    }

    package enum Engine: String, Sendable, Hashable, CaseIterable { case auto, docker, podman, runc, process }

    /// How commands are run.
    package struct Run: Sendable, Hashable {
        package var engine = Engine.auto
        package var limits = Limits()
        package var mounts: [Mount] = []
        package var seed: Int64?
        package var environment: [String: String] = [:]

        package init() {}
    }

    package struct Limits: Sendable, Hashable {
        package var gpus: Int?
        package var memory: MemorySize?
        package var cpus: Double?
        package var sharedMemory: MemorySize?
        package var pids: Int64?
        /// In the order of the recipe, each name once.
        package var ulimits: [ResourceUlimit] = []

        package init() {}
    }

    /// A folder of the host made visible in the container.
    package struct Mount: Sendable, Hashable, CustomStringConvertible {
        package var source: String
        package var destination: String
        package var isReadOnly: Bool

        package var description: String { "\(source):\(destination)\(isReadOnly ? ":ro" : "")" }
    }

    /// How entries are written.
    package struct Record: Sendable, Hashable {
        package enum Language: String, Sendable, Hashable, CaseIterable { case en, zh }

        package var language = Language.en
        package var primary: PrimaryMetric?
        package var tolerances: [String: Tolerance] = [:]
        /// Regular expressions with named groups that find metrics on the lines of standard output.
        package var patterns: [String] = []

        package init() {}
    }

    /// How far a metric may be from the recorded one: |a − b| ≤ atol + rtol · |b|.
    package struct Tolerance: Sendable, Hashable {
        package var absolute: Double
        package var relative: Double
    }
}

extension Recipe {
    /// The name in lower-case letters, digits and single `-`, for images and services, whose names cannot have others.
    /// Nil where nothing is left.
    package var plainName: String? {
        let bytes = name.lowercased().utf8.map { byte -> UInt8 in
            (97...122).contains(byte) || (48...57).contains(byte) ? byte : UInt8(ascii: "-")
        }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "-")
        return parts.isEmpty ? nil : parts.joined(separator: "-")
    }

    /// The keys of this recipe that only images have a use for, in the recipe's order of documentation. Tools and
    /// variants may also bring Python packages.
    package var unusedByProcessEngine: [String] {
        ["system", "base", "tools", "compiler", "image", "variants"].filter { key in
            guard lines[key] != nil else { return false }
            switch key {
            case "tools": return !tools.contains(.jupyter)
            case "variants": return variants.allSatisfy { $0.packages.isEmpty && $0.environment.isEmpty }
            default: return true
            }
        }
    }

    /// What this recipe asks of a run that a plain process cannot give, and a container can.
    ///
    /// A process sees the host's own folders and shared memory, so mounts and `shm` have no meaning there; memory and
    /// CPU limits need a control group that an ordinary user may not have. `gpus` is honoured by hiding the others.
    package var refusedByProcessEngine: [String] {
        var refused: [String] = []
        if !run.mounts.isEmpty { refused.append("run.mounts") }
        if run.limits.memory != nil { refused.append("run.limits.memory") }
        if run.limits.cpus != nil { refused.append("run.limits.cpus") }
        if run.limits.sharedMemory != nil { refused.append("run.limits.shm") }
        if run.limits.pids != nil { refused.append("run.limits.pids") }
        if !run.limits.ulimits.isEmpty { refused.append("run.limits.ulimits") }
        return refused
    }
}
