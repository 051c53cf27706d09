import Engines
import ExperimentModel
import FoundationEssentials
import GPUDevices
import Glibc
import HostSystem
import MetricText
import RecipeModel
import RunCapture

/// The parts of a run's preparation that need nothing of the session.
extension RunSession {
    static func newID() -> RunID {
        var random = SystemRandomNumberGenerator()
        return RunID(milliseconds: UInt64(max(0, Timestamp.now.seconds * 1000)), random: &random)
    }

    static func variant(
        _ name: String?, of recipe: Recipe?, inContainer: Bool, _ context: CommandContext
    ) throws -> Recipe.Variant? {
        guard let name else { return nil }
        guard let recipe else {
            throw Failure(
                "--variant \(name) names a variant of a recipe, and there is no bunsen.yaml here or above",
                hint: "write one for this machine: bunsen init", code: .usage)
        }
        let variant = try recipe.variant(named: name)
        if !variant.system.isEmpty, !inContainer {
            context.console.say(
                "note: system of variants.\(name) concerns images: the command finds the programs of this machine")
        }
        return variant
    }

    /// `NAME=value`, or `NAME` alone for the value of this shell, as Docker has it.
    static func variables(_ words: [String], from shell: [String: String]) throws -> [String: String] {
        var variables: [String: String] = [:]
        for word in words {
            guard let equals = word.firstIndex(of: "=") else {
                variables[word] = shell[word]
                continue
            }
            guard equals != word.startIndex else {
                throw Failure("-e \(word) has no name", hint: "write -e NAME=value", code: .usage)
            }
            variables[String(word[..<equals])] = String(word[word.index(after: equals)...])
        }
        return variables
    }

    /// The variables that every tracked command gets.
    static func complete(_ environment: inout [String: String], id: RunID, seed: Int64?) {
        environment["BUNSEN_RUN_ID"] = id.text
        // Without it Python keeps up to 8 KiB of prints back from a pipe: they would come late, or never.
        if environment["PYTHONUNBUFFERED"] == nil { environment["PYTHONUNBUFFERED"] = "1" }
        // Device numbers mean the same to torch, NVML and nvidia-smi only with this order.
        if environment["CUDA_DEVICE_ORDER"] == nil { environment["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID" }
        if let seed {
            environment["BUNSEN_SEED"] = String(seed)
            if environment["PYTHONHASHSEED"] == nil {
                environment["PYTHONHASHSEED"] = String(UInt32(truncatingIfNeeded: seed))
            }
        }
    }

    /// A command that cannot be started, as a message with Docker's exit codes.
    static func explaining<Value>(_ command: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as EngineError {
            let isScript = command.hasSuffix(".py")
            let name = command.hasPrefix("./") ? String(command.dropFirst(2)) : command
            switch error.cause {
            case .noCommand:
                throw Failure(
                    "there is no command \(command)",
                    hint: isScript ? "did you mean: bunsen run -- python \(name)" : "look at PATH, or give its path",
                    code: .commandNotFound)
            case .notExecutable(let reason) where reason.contains("interpreter"):
                throw Failure(
                    "cannot execute \(command): \(reason)", hint: "look at the line that begins with #!",
                    code: .notExecutable)
            case .notExecutable(let reason):
                throw Failure(
                    "cannot execute \(command): \(reason)",
                    hint: isScript
                        ? "run it with Python: bunsen run -- python \(name)"
                        : "make it executable: chmod +x \(command)",
                    code: .notExecutable)
            default: throw error
            }
        }
    }

    /// The Python of this shell, for a run without a recipe: the one that the command names, where it names one.
    static func hostEnvironment(
        _ environment: [String: String], command: [String], from folder: String
    ) -> RunManifest.EnvironmentReference? {
        let path = environment["PATH"] ?? ""
        let names = (Files.name(of: command[0]).hasPrefix("python") ? [command[0]] : []) + ["python", "python3"]
        guard let python = names.lazy.compactMap({ findExecutable($0, searchPath: path, from: folder) }).first
        else { return nil }
        let place = environment["VIRTUAL_ENV"] ?? environment["CONDA_PREFIX"] ?? Files.parent(of: python) ?? "/"
        return RunManifest.EnvironmentReference(lockDigest: nil, python: python, path: place, packages: nil, named: [:])
    }

    static func usableName(_ folder: String) -> String { RecipeReader.usableName(Files.name(of: folder)) }

    static func language(_ text: String?) throws -> String? {
        guard let text else { return nil }
        guard Recipe.Record.Language(rawValue: text) != nil else {
            throw Failure("--language \(text) is not known", hint: "write en or zh", code: .usage)
        }
        return text
    }

    /// From `-P`, from files, and from the command's own arguments, each with its source.
    static func parameters(
        _ request: RunCommand, _ words: ParameterText, _ redaction: Redaction, _ context: CommandContext
    ) throws -> [Parameter] {
        var parameters: [Parameter] = []
        for word in request.parameter {
            guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
                throw Failure("-P \(word) is not name=value", hint: "write -P lr=3e-4", code: .usage)
            }
            let value = String(word[word.index(after: equals)...])
            parameters.append(
                Parameter(name: String(word[..<equals]), value: ParameterValue(parsing: value), source: "-P"))
        }
        for path in request.params { parameters += try ParameterFile.read(context.path(path)) }
        parameters += words.parameters.map {
            Parameter(name: $0.name, value: ParameterValue(parsing: $0.text), source: "argv")
        }
        var seen: Set<String> = []
        return parameters.compactMap { parameter in
            seen.insert("\(parameter.name)=\(parameter.value)").inserted ? redaction.redacted(parameter) : nil
        }
    }

    static func digest(of path: String, _ context: CommandContext) throws -> RunManifest.DataFolder {
        let absolute = context.path(path)
        guard Files.exists(absolute) else {
            throw Failure("--data \(path) does not exist", hint: "look at the path", code: .missing)
        }
        var digest = DataDigest(home: context.home, path: absolute)
        defer { context.console.endProgress() }
        return try digest.folder(absolute) { bytes in
            context.console.progress("hashing \(path): \(ReadableNumber.size(bytes))")
        }
    }
}
