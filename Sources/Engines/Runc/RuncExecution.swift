import Glibc
import HostSystem

/// Another command in a container of runc's: in the namespaces where its runc lives, another runc brings the command in.
struct RuncExecution {
    let command: ContainerCommand
    let folder: ContainerFolder
    let host: RuncHost

    private static let operation = "run a command in"

    func run() throws -> ProcessEnd {
        guard folder.exists else { throw EngineError(Self.operation, folder.name, .missing) }
        guard folder.end() == nil, let runc = folder.process, let first = RuncHost.firstProcess(below: runc) else {
            throw EngineError(Self.operation, folder.name, .ended)
        }
        let process = try process()
        try check(process, inRootOf: first)
        let terminal = try TerminalSettings.ofStreams(command)
        defer { withExtendedLifetime(terminal) {} }
        let place = "exec-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        // What is asked for has the variables, which are nobody else's business: never on a command line.
        try ShortLivedFile.write(json: process, to: "\(folder.path)/\(place).json")
        defer { for kind in ["json", "log", "pid"] { unlink("\(folder.path)/\(place).\(kind)") } }
        let relay = try SignalRelay(command)
        let child = try startRunc(place, in: runc)
        try RuncChild(
            child: child, processPath: "\(folder.path)/\(place).pid", logPath: "\(folder.path)/\(place).log"
        ).waitUntilItRuns(Self.operation, folder.name)
        let end = try relay.wait(for: ContainerChild(child) { ContainerEnd($0) }).end
        // runc tells an end by a signal as shells do.
        if case .exited(let code) = end, (129...159).contains(code) { return .signalled(number: code - 128) }
        return end
    }

    /// That of the container, with another command.
    private func process() throws -> BundleSpecification.Process {
        struct Bundle: Decodable { let process: BundleSpecification.Process }
        guard var process = ShortLivedFile.read(Bundle.self, from: "\(folder.path)/config.json")?.process else {
            throw EngineError(Self.operation, folder.name, .badAnswer("its bundle cannot be read"))
        }
        process.args = command.command
        process.env = process.variables.merging(command.allVariables) { $1 }.map { "\($0.key)=\($0.value)" }.sorted()
        process.cwd = command.workingFolder ?? process.cwd
        process.terminal = command.hasTerminal
        return process
    }

    /// Looks at the files as the container sees them now.
    private func check(_ process: BundleSpecification.Process, inRootOf first: String) throws {
        let files = ImageFiles(layers: ["/proc/\(first)/root"], mounts: [])
        guard process.cwd.hasPrefix("/"), files.find(process.cwd)?.isFolder == true else {
            throw EngineError("start in", process.cwd, .refused("it is no folder of the container"))
        }
        try files.checkCommand(
            process.args, searchPath: process.variables["PATH"] ?? standardSearchPath, from: process.cwd)
    }

    private func startRunc(_ place: String, in runc: pid_t) throws -> ChildProcess {
        var start = ChildProcess.Start(
            executable: host.program,
            arguments: [
                "runc", "--root", "state", "--log", "\(place).log", "--log-format", "json", "exec", "--process",
                "\(place).json", "--pid-file", "\(place).pid", folder.name,
            ],
            environment: ["PATH": standardSearchPath])
        start.workingFolder = folder.path
        start.take(command)
        start.deathSignal = SIGTERM
        let names = (host.isRootless ? ["user"] : []) + ["mnt", "pid"]
        let namespaces = try names.map { try Descriptor.open("/proc/\(runc)/ns/\($0)", O_RDONLY) }
        start.joined = namespaces.map(\.number)
        defer { withExtendedLifetime(namespaces) {} }
        do {
            return try ChildProcess.start(start)
        } catch let error as ChildStartError {
            throw EngineError(Self.operation, folder.name, .said("\(error)"))
        }
    }
}

extension BundleSpecification.Process {
    fileprivate var variables: [String: String] {
        var variables: [String: String] = [:]
        for text in env {
            guard let equals = text.firstIndex(of: "=") else { continue }
            variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return variables
    }
}
