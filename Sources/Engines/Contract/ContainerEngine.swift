import ExperimentModel
import HostSystem

/// What runs commands for Bunsen: a plain process, or a container of Docker, Podman or runc.
///
/// Every engine keeps this contract in the same way, and `EnginesTests` holds each of them to it with the real programs:
///
/// 1. What an engine cannot do it refuses by `check`, before anything is started; nothing asked for is left out.
/// 2. `start` returns when the command runs. A command that is not there or cannot be executed is an error of `start`.
/// 3. Output goes to the descriptors of the request, byte for byte, the two streams apart. When `wait` has returned,
///    all of it is there, and the engine has closed its own copies.
/// 4. A source of a mount that does not exist is an error, and never a new folder.
/// 5. `remove` leaves nothing behind: no process, no mount, no network. Removing what is gone is no error.
///
/// All calls block. An engine may be used by several threads.
package protocol ContainerEngine: Sendable {
    var name: EngineName { get }

    /// Whether the engine can be used here and now, and why or why not.
    func availability() -> EngineAvailability

    /// Makes what a command runs in ready on this engine, such as an image that a daemon has to have.
    ///
    /// - Parameter progress: gets lines for the person while it takes long.
    func prepare(_ environment: ContainerEnvironment, progress: (String) -> Void) throws -> PreparedEnvironment

    /// Throws `EngineError` for a request that this engine cannot fulfil to the letter.
    func check(_ request: ContainerRequest) throws

    /// Starts the command of a request that `check` accepts.
    func start(_ request: ContainerRequest) throws -> any RunningContainer

    /// Runs another command in a running container, with the container's own user, variables, limits and mounts, and
    /// waits for its end. Meanwhile SIGINT, SIGTERM, SIGQUIT and SIGHUP to the calling thread's process go to it.
    ///
    /// - Throws: `EngineError` with the cause `missing` for an unknown container, `ended` for one that has ended,
    ///   `noCommand` and `notExecutable` as `start` does.
    func execute(_ command: ContainerCommand, in name: String) throws -> ProcessEnd

    /// The command line that starts the same without Bunsen, to be shown and pasted. Nil where that is the command
    /// itself.
    func commandLine(for request: ContainerRequest) -> [String]?

    /// Bunsen's containers on this engine, running ones and those that ended and were not removed.
    func list() throws -> [ContainerState]

    /// - Throws: `EngineError` with the cause `missing` for an unknown name.
    func inspect(_ name: String) throws -> ContainerState

    /// Removes a container, by killing it where it runs.
    func remove(_ name: String) throws
}

package enum EngineName: String, Sendable, Hashable, Codable, CaseIterable {
    case docker, podman, runc, process
}

/// What an engine says of its use on this machine.
package enum EngineAvailability: Sendable, Hashable {
    /// - Parameter detail: version and place, such as "Docker 20.10.24 at /var/run/docker.sock".
    case usable(detail: String)
    case unusable(reason: String, hint: String?)

    package var isUsable: Bool { if case .usable = self { true } else { false } }
}
