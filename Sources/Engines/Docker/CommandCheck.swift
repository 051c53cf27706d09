import FoundationEssentials
import Glibc
import HostSystem

/// Looks for a command in a container that was made and not started, so that one which is not there is said before
/// anything runs: the first process of a container would only end with code 127, as a command might by itself.
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
        guard let name = request.command.first, !name.isEmpty else {
            throw EngineError("execute", "nothing", .noCommand)
        }
        // What an entrypoint makes of its arguments only it knows.
        if request.environment.execution.entrypoint?.isEmpty == false, !request.environment.hasInit { return }
        if name.contains("/") {
            let path = Files.absolute(name, from: request.workingFolder)
            guard let state = try state(of: path) else { throw EngineError("execute", name, .noCommand) }
            guard state.isExecutable else {
                let reason = state.isFolder ? "it is a folder" : "permission denied"
                throw EngineError("execute", name, .notExecutable(reason))
            }
            return
        }
        let path =
            request.variables["PATH"] ?? request.environment.variables["PATH"]
            ?? standardSearchPath
        for folder in path.split(separator: ":") {
            if try state(of: "\(Files.absolute(String(folder), from: request.workingFolder))/\(name)")?.isExecutable
                == true
            {
                return
            }
        }
        throw EngineError("execute", name, .noCommand)
    }

    private func state(of path: String) throws -> PathState? {
        let answer = try client.send("HEAD", "/containers/\(container)/archive", [("path", path)])
        guard answer.status == 200, let header = answer.headers["x-docker-container-path-stat"],
            let bytes = Data(base64Encoded: header)
        else { return nil }
        return try? JSONDecoder().decode(PathState.self, from: bytes)
    }
}
