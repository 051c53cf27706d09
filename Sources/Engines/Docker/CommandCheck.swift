import FoundationEssentials
import Glibc
import HostSystem

/// Looks for a command in a container before it is started there, so that one which is not there is said before anything
/// runs: it would only end with code 127, as a command might by itself.
struct CommandCheck {
    let client: DaemonClient
    let container: String

    /// What a daemon says of a path, in a header.
    private struct PathState: Decodable {
        /// Go's file mode: the permissions, and a kind in the high bits.
        let mode: UInt32

        var isFolder: Bool { mode >> 31 == 1 }
        var isLink: Bool { mode >> 27 & 1 == 1 }
        var isExecutable: Bool { !isFolder && (isLink || mode & 0o111 != 0) }
    }

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
            guard let state = try state(of: Files.absolute(name, from: folder)) else {
                throw EngineError("execute", name, .noCommand)
            }
            guard state.isExecutable else {
                let reason = state.isFolder ? "it is a folder" : "permission denied"
                throw EngineError("execute", name, .notExecutable(reason))
            }
            return
        }
        for place in (searchPath ?? standardSearchPath).split(separator: ":") {
            if try state(of: "\(Files.absolute(String(place), from: folder))/\(name)")?.isExecutable == true { return }
        }
        throw EngineError("execute", name, .noCommand)
    }

    func checkWorkingFolder(_ folder: String) throws {
        guard let state = try state(of: folder), state.isFolder || state.isLink else {
            throw EngineError("start in", folder, .refused("it is no folder of the container"))
        }
    }

    private func state(of path: String) throws -> PathState? {
        let answer = try client.send("HEAD", "/containers/\(container)/archive", [("path", path)])
        guard answer.status == 200, let header = answer.headers["x-docker-container-path-stat"],
            let bytes = Data(base64Encoded: header)
        else { return nil }
        return try? JSONDecoder().decode(PathState.self, from: bytes)
    }
}
