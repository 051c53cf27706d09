import ExperimentModel
import Glibc
import HostSystem
import OCIModel

/// What a command runs in, before an engine has made it ready.
package enum ContainerEnvironment: Sendable, Hashable {
    /// This machine as it is; packages come by the variables of a locked environment. For the process engine.
    case machine
    /// An image of Bunsen's store.
    case stored(name: ImageReference, manifest: Digest)
    /// An image that the engine has or fetches by itself.
    case named(ImageReference)
}

/// What a command runs in, ready on one engine.
package struct PreparedEnvironment: Sendable, Hashable {
    /// The name of an image, for people and for command lines. Nil for the machine itself.
    package var reference: String?
    /// What the engine itself finds it by and that cannot come to mean another image meanwhile.
    package var identifier: String?
    /// The digest of the image's manifest, where it is known.
    package var digest: Digest?
    /// What the image says of the commands that run in it.
    package var execution = ImageConfiguration.Execution()

    package init(reference: String? = nil, identifier: String? = nil, digest: Digest? = nil) {
        self.reference = reference
        self.identifier = identifier
        self.digest = digest
    }

    /// The variables that the image sets.
    package var variables: [String: String] {
        var variables: [String: String] = [:]
        for text in execution.environment ?? [] {
            guard let equals = text.firstIndex(of: "=") else { continue }
            variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return variables
    }

    /// The image brings a first process that reaps children and hands signals on.
    package var hasInit: Bool {
        let name = execution.entrypoint?.first.map(Files.name)
        return name.map { ["tini", "tini-static", "catatonit", "dumb-init", "docker-init"].contains($0) } ?? false
    }

    package static let machine = PreparedEnvironment()
}

/// A command to start, and everything around it.
package struct ContainerRequest: Sendable {
    /// Lower-case letters, digits and `-`; different for every container on the machine.
    package var name: String
    package var environment: PreparedEnvironment
    /// The program and its arguments.
    package var command: [String]
    /// The process engine gives exactly these; the others give them over those of the image.
    package var variables: [String: String]
    /// Names of variables whose values are not shown, in command lines or elsewhere.
    package var secrets: Set<String> = []
    /// Absolute path, as the command sees it.
    package var workingFolder: String
    package var mounts: [ContainerMount] = []
    package var limits = ResourceLimits()
    /// Who the command runs as, and whose files it writes. Nil leaves that to the engine: this process's own user, or
    /// the image's.
    package var identity: ContainerIdentity?
    /// The name of that user. Nil leaves the image's lists of users as they are, but for a name where there is none.
    package var account: ContainerAccount?
    package var network = ContainerNetwork.host
    package var streams: ContainerStreams
    /// Kept with the container and given back by `list`, for whoever comes after us.
    package var labels: [String: String] = [:]

    package init(
        name: String, environment: PreparedEnvironment, command: [String], variables: [String: String],
        workingFolder: String, streams: ContainerStreams
    ) {
        self.name = name
        self.environment = environment
        self.command = command
        self.variables = variables
        self.workingFolder = workingFolder
        self.streams = streams
    }
}

package enum ContainerNetwork: String, Sendable, Hashable {
    /// That of the machine: addresses and ports mean the same inside and outside.
    case host
    /// No network but loopback.
    case none
}

/// A user and a group of the host.
package struct ContainerIdentity: Sendable, Hashable {
    package var user: uid_t
    package var group: gid_t

    package init(user: uid_t, group: gid_t) {
        self.user = user
        self.group = group
    }
}

/// Open descriptors for the command's standard streams. They stay the caller's: an engine duplicates what it needs for
/// longer than `start`.
package struct ContainerStreams: Sendable {
    /// Nil is an empty input.
    package var input: Int32?
    /// Nil drops what is written.
    package var output: Int32?
    package var error: Int32?
    /// The command shares the terminal of `input`: it stays in the foreground, and Ctrl-C reaches it by itself.
    package var isForeground = false

    package init(input: Int32? = nil, output: Int32? = nil, error: Int32? = nil) {
        self.input = input
        self.output = output
        self.error = error
    }
}
