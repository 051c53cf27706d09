import Glibc
import HostSystem

extension ProcessEngine {
    package func execute(_ command: ContainerCommand, in name: String) throws -> ProcessEnd {
        let members = MarkedProcess.all().filter { $0.container == name }
        let first = members.min {
            (ProcessIdentity($0.id)?.started ?? .max) < (ProcessIdentity($1.id)?.started ?? .max)
        }
        guard let first else { throw EngineError("run a command in", name, .missing) }
        var status = stat()
        guard stat("/proc/\(first.id)", &status) == 0, status.st_uid == geteuid() else {
            throw EngineError("run a command in", name, .refused("it belongs to another user"))
        }
        let variables = try first.variables().merging(command.allVariables) { $1 }
        let folder = try command.workingFolder ?? first.workingFolder()
        var start = ChildProcess.Start(
            executable: try Self.executable(
                command.command, searchPath: variables["PATH"] ?? standardSearchPath, from: folder),
            arguments: command.command, environment: variables)
        start.workingFolder = folder
        start.deathSignal = SIGTERM
        start.take(command)
        let terminal = try TerminalSettings.ofStreams(command)
        defer { withExtendedLifetime(terminal) {} }
        let relay = try SignalRelay(command)
        return try relay.wait(for: ContainerChild(Self.startChild(start)) { ContainerEnd($0) }).end
    }
}

extension MarkedProcess {
    /// Those that the process was started with.
    fileprivate func variables() throws -> [String: String] {
        var variables: [String: String] = [:]
        for text in try Files.read("/proc/\(id)/environ", limit: 4 << 20).split(separator: 0) {
            guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { continue }
            variables[String(decoding: text[..<equals], as: UTF8.self)] = String(
                decoding: text[(equals + 1)...], as: UTF8.self)
        }
        return variables
    }

    fileprivate func workingFolder() throws -> String {
        guard let folder = Files.resolved("/proc/\(id)/cwd") else {
            throw SystemError("find the working folder of", container)
        }
        return folder
    }
}
