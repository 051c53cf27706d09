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

    /// Hides the GPUs that the run did not ask for.
    static func showGPUs(_ wanted: String?, _ gpus: NVML?, in environment: inout [String: String]) throws {
        guard let wanted, wanted != "all" else { return }
        let inventory = gpus?.inventory() ?? []
        let hint =
            inventory.isEmpty
            ? "this machine shows no GPU; leave --gpus out to use the CPU"
            : "there are \(inventory.count): " + inventory.map { "\($0.index) (\($0.name))" }.joined(separator: ", ")
        let devices: [String]
        if let count = Int(wanted) {
            guard count >= 0, count <= inventory.count else {
                throw Failure(
                    "\(count) GPUs were asked for and \(inventory.count) are there", hint: hint, code: .unavailable)
            }
            devices = inventory.prefix(count).map { String($0.index) }
        } else {
            let names = wanted.split(separator: "\"").joined()
            guard names.hasPrefix("device=") else {
                throw Failure(
                    "--gpus \(wanted) is not understood", hint: "write --gpus 2, or --gpus device=0,1", code: .usage)
            }
            devices = names.dropFirst(7).split(separator: ",").map(String.init)
            for device in devices where !inventory.contains(where: { String($0.index) == device || $0.uuid == device })
            {
                throw Failure("there is no GPU \(device)", hint: hint, code: .unavailable)
            }
        }
        environment["CUDA_VISIBLE_DEVICES"] = devices.joined(separator: ",")
    }

    /// What will be executed, found the way a shell finds it.
    static func start(
        _ command: [String], _ environment: [String: String], _ context: CommandContext
    ) throws -> ChildProcess.Start {
        let name = command[0]
        let folder = context.workingFolder
        guard let path = findExecutable(name, searchPath: environment["PATH"] ?? "", from: folder) else {
            let file = Files.absolute(name, from: folder)
            if Files.exists(file), name.contains("/") {
                throw Self.explain(
                    ChildStartError(step: .execute, executable: file, code: EACCES), command: name)
            }
            throw Failure(
                "there is no command \(name)",
                hint: name.hasSuffix(".py")
                    ? "did you mean: bunsen run -- python \(name)" : "look at PATH, or give its path",
                code: .commandNotFound)
        }
        var start = ChildProcess.Start(executable: path, arguments: command, environment: environment)
        start.workingFolder = folder
        return start
    }

    /// A failed start as a message with Docker's exit codes.
    static func explain(_ error: any Error, command: String) -> any Error {
        guard let error = error as? ChildStartError, error.step == .execute else { return error }
        if error.code == ENOENT {
            return Failure(
                "cannot execute \(command): the interpreter in its first line does not exist",
                hint: "look at the line that begins with #!", code: .notExecutable)
        }
        let isScript = command.hasSuffix(".py")
        let name = command.hasPrefix("./") ? String(command.dropFirst(2)) : command
        return Failure(
            "cannot execute \(command): \(error.reason)",
            hint: isScript
                ? "run it with Python: bunsen run -- python \(name)" : "make it executable: chmod +x \(command)",
            code: .notExecutable)
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
