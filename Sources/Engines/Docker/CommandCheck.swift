import HostSystem

/// Looks for a command in a container before it is started there, so that one which is not there is said before anything
/// runs: it would only end with code 127, as a command might by itself.
struct CommandCheck {
    let files: DaemonFiles

    func check(_ request: ContainerRequest) throws {
        // What an entrypoint makes of its arguments only it knows.
        let execution = request.environment.execution
        if execution.entrypoint?.isEmpty == false, !request.environment.hasInit, request.command.first?.isEmpty == false
        {
            return
        }
        try check(
            request.command, searchPath: request.variables["PATH"] ?? request.environment.variables["PATH"],
            from: request.workingFolder)
    }

    /// - Parameter searchPath: nil is what systems usually have.
    func check(_ command: [String], searchPath: String?, from folder: String) throws {
        guard let name = command.first, !name.isEmpty else { throw EngineError("execute", "nothing", .noCommand) }
        if name.contains("/") {
            guard let state = try files.state(of: Files.absolute(name, from: folder)) else {
                throw EngineError("execute", name, .noCommand)
            }
            guard state.isExecutable else {
                let reason = state.isFolder ? "it is a folder" : "permission denied"
                throw EngineError("execute", name, .notExecutable(reason))
            }
            return
        }
        for place in (searchPath ?? standardSearchPath).split(separator: ":") {
            if try files.state(of: "\(Files.absolute(String(place), from: folder))/\(name)")?.isExecutable == true {
                return
            }
        }
        throw EngineError("execute", name, .noCommand)
    }

    func checkWorkingFolder(_ folder: String) throws {
        guard let state = try files.state(of: folder), state.isFolder || state.isLink else {
            throw EngineError("start in", folder, .refused("it is no folder of the container"))
        }
    }
}
