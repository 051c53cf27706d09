import HostSystem

/// Everything about a run but its points and its output: the content of `run.json`.
///
/// Written when the run begins, when what was gathered beside it is known, and at the end. Optional fields are absent
/// where nothing is known. Readers ignore fields they do not know; `schema` rises when a field changes its meaning.
package struct RunManifest: Sendable, Hashable, Codable {
    package static let currentSchema = 1

    package var schema = RunManifest.currentSchema
    package var id: RunID
    /// From the recipe or `--name`: what the entry's folder and title are made of.
    package var name: String
    package var started: Timestamp
    package var command: Command
    /// The folder of the recipe, or the working folder where there is none.
    package var project: String
    package var recipe: RecipeReference?
    package var environment: EnvironmentReference?
    package var source: SourceState?
    package var host: Host
    package var torch: TorchBuild?
    package var gpus: [GPU] = []
    /// Absent for a plain process.
    package var container: Container?
    /// Absent where nothing was limited.
    package var limits: Limits?
    package var parameters: [Parameter] = []
    /// Processes that train together, where a launcher or WORLD_SIZE says so.
    package var worldSize: Int?
    package var data: [DataFolder] = []
    /// Where a notebook was executed.
    package var notebook: Notebook?
    package var primary: PrimaryMetric?
    package var language = "en"
    /// Sentences for the person, such as "no GPU is visible: the CPU is used".
    package var warnings: [String] = []
    /// The process that stays with the run; absent when it has ended.
    package var supervisor: ProcessIdentity?
    package var end: RunEnd?
    /// What the journal came to, kept here so that tables need not read it.
    package var summary: MetricSummary?

    package init(id: RunID, name: String, started: Timestamp, command: Command, project: String, host: Host) {
        self.id = id
        self.name = name
        self.started = started
        self.command = command
        self.project = project
        self.host = host
    }

    package struct Command: Sendable, Hashable, Codable {
        /// As typed, with secrets replaced.
        package var arguments: [String]
        package var workingFolder: String
        /// The variables of the allow-list, with secrets replaced.
        package var variables: [String: String]
        /// How to start the same run again: the whole `bunsen run …` line, quoted for a shell.
        package var line: String
        /// `process`, and later `docker`, `podman`, `runc`.
        package var engine: String

        package init(
            arguments: [String], workingFolder: String, variables: [String: String], line: String, engine: String
        ) {
            self.arguments = arguments
            self.workingFolder = workingFolder
            self.variables = variables
            self.line = line
            self.engine = engine
        }
    }

    package struct RecipeReference: Sendable, Hashable, Codable {
        package var path: String
        /// `sha256:` and the digest of the recipe's bytes.
        package var digest: String

        package init(path: String, digest: String) {
            self.path = path
            self.digest = digest
        }
    }

    /// Where Python and its packages came from.
    package struct EnvironmentReference: Sendable, Hashable, Codable {
        /// `sha256:` and the digest of the lock; nil for an environment that is not locked.
        package var lockDigest: String?
        package var python: String
        /// The folder of the virtual environment.
        package var path: String
        /// Number of packages in it.
        package var packages: Int?
        /// Name and version of the packages the recipe names, torch first.
        package var named: [String: String]

        package init(lockDigest: String?, python: String, path: String, packages: Int?, named: [String: String]) {
            self.lockDigest = lockDigest
            self.python = python
            self.path = path
            self.packages = packages
            self.named = named
        }
    }

    /// The state of the working copy, as git sees it.
    package struct SourceState: Sendable, Hashable, Codable {
        package var commit: String?
        package var branch: String?
        package var dirty: Bool
        /// File below `environment/` with the uncommitted changes, when there are any.
        package var patch: String?
        /// Sentences on what the patch leaves out, such as files above the size limit.
        package var omitted: [String]

        package init(commit: String?, branch: String?, dirty: Bool, patch: String? = nil, omitted: [String] = []) {
            self.commit = commit
            self.branch = branch
            self.dirty = dirty
            self.patch = patch
            self.omitted = omitted
        }
    }

    package struct Host: Sendable, Hashable, Codable {
        package var name: String
        package var operatingSystem: String
        package var kernel: String
        package var processor: String
        package var cores: Int
        /// Bytes.
        package var memory: UInt64

        package init(
            name: String, operatingSystem: String, kernel: String, processor: String, cores: Int, memory: UInt64
        ) {
            self.name = name
            self.operatingSystem = operatingSystem
            self.kernel = kernel
            self.processor = processor
            self.cores = cores
            self.memory = memory
        }
    }

    /// What the torch of the environment says of itself.
    package struct TorchBuild: Sendable, Hashable, Codable {
        package var version: String
        /// CUDA of the build, such as `12.8`; nil for a CPU build.
        package var cuda: String?
        package var cudnn: String?

        package init(version: String, cuda: String?, cudnn: String?) {
            self.version = version
            self.cuda = cuda
            self.cudnn = cudnn
        }
    }

    package struct GPU: Sendable, Hashable, Codable {
        package var index: Int
        package var name: String
        package var uuid: String
        /// Bytes.
        package var memory: UInt64
        package var driver: String

        package init(index: Int, name: String, uuid: String, memory: UInt64, driver: String) {
            self.index = index
            self.name = name
            self.uuid = uuid
            self.memory = memory
            self.driver = driver
        }
    }

    /// What a command ran in that was no plain process.
    package struct Container: Sendable, Hashable, Codable {
        /// The name of the image, for the engine of the command.
        package var image: String
        /// The digest of the image's manifest, where it is known.
        package var digest: String?
        /// The command line that starts the same on the engine without Bunsen, quoted for a shell, without secrets.
        package var line: String?
        /// `source:/destination[:ro]`.
        package var mounts: [String]
        package var workingFolder: String
        /// `user:group`, as numbers.
        package var user: String?
        /// `host` or `none`.
        package var network: String

        package init(image: String, mounts: [String], workingFolder: String, network: String) {
            self.image = image
            self.mounts = mounts
            self.workingFolder = workingFolder
            self.network = network
        }
    }

    /// How much of the machine the run was given.
    package struct Limits: Sendable, Hashable, Codable {
        package var asked: ResourceLimits
        /// As read back from the engine; absent where that failed.
        package var applied: ResourceLimits?

        package init(asked: ResourceLimits, applied: ResourceLimits? = nil) {
            self.asked = asked
            self.applied = applied
        }
    }

    /// A notebook that was executed, and what it showed.
    package struct Notebook: Sendable, Hashable, Codable {
        package struct Figure: Sendable, Hashable, Codable {
            /// The number in front of the cell in the executed notebook.
            package var cell: Int
            /// Below the run folder: `notebook/cell-4-1.png`.
            package var file: String

            package init(cell: Int, file: String) {
                self.cell = cell
                self.file = file
            }
        }

        /// As it was typed.
        package var path: String
        /// With its outputs, below the run folder: `notebook/train.ipynb`.
        package var executed: String
        /// Cells with code; nil until it is known.
        package var cells: Int?
        /// Cells that ran to their end.
        package var done: Int?
        package var failedCell: Int?
        package var figures: [Figure] = []
        /// Figures that were too many or too large.
        package var omittedFigures = 0

        package init(path: String, executed: String) {
            self.path = path
            self.executed = executed
        }
    }

    package struct DataFolder: Sendable, Hashable, Codable {
        package var path: String
        /// `sha256:` over the sorted list of names, sizes and content digests.
        package var digest: String
        package var files: Int
        /// Bytes.
        package var size: UInt64

        package init(path: String, digest: String, files: Int, size: UInt64) {
            self.path = path
            self.digest = digest
            self.files = files
            self.size = size
        }
    }

    /// The last and best values of a run's metrics.
    package struct MetricSummary: Sendable, Hashable, Codable {
        package var points: Int
        package var last: [String: Double]
        /// Best value of the primary metric and its step.
        package var primaryValue: Double?
        package var primaryStep: Int64?

        package init(points: Int, last: [String: Double], primaryValue: Double? = nil, primaryStep: Int64? = nil) {
            self.points = points
            self.last = last
            self.primaryValue = primaryValue
            self.primaryStep = primaryStep
        }
    }
}
