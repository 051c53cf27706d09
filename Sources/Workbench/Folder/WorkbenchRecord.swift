import ExperimentModel
import HostSystem

/// What is known of a workbench, as `workbench.json` in its folder keeps it.
package struct WorkbenchRecord: Sendable, Codable {
    package var name: String
    /// The project's folder on this machine.
    package var project: String
    package var doors: [Door]
    /// Of the engine, by its name there.
    package var engine: String
    package var container: String
    /// Nil for the locked environment of this machine.
    package var image: String?
    package var imageDigest: String?
    package var started: Timestamp
    /// Who works in it: the name of the account inside.
    package var user: String
    /// Where the project is, as the workbench sees it.
    package var workspace: String
    package var asked: ResourceLimits
    package var applied: ResourceLimits?
    package var jupyter: Jupyter?
    package var ssh: SSH?
    /// Seconds without anybody there after which it ends by itself.
    package var idle: Double?
    /// How it ended; nil while it runs, and where Bunsen itself was killed.
    package var end: End?

    package struct Jupyter: Sendable, Codable, Hashable {
        package var address: DoorAddress
        package var token: String
        package var hasTLS: Bool

        package init(address: DoorAddress, token: String, hasTLS: Bool) {
            self.address = address
            self.token = token
            self.hasTLS = hasTLS
        }

        /// To be opened in a browser of this machine.
        package var link: String {
            "\(hasTLS ? "https" : "http")://127.0.0.1:\(address.port)/lab?token=\(token)"
        }
    }

    package struct SSH: Sendable, Codable, Hashable {
        package var address: DoorAddress
        /// `ssh-ed25519 AAAA…` without a comment.
        package var hostKey: String

        package init(address: DoorAddress, hostKey: String) {
            self.address = address
            self.hostKey = hostKey
        }
    }

    package struct End: Sendable, Codable {
        package var time: Timestamp
        /// In words, such as "stopped" or "out of memory: limit 2 GB".
        package var reason: String

        package init(time: Timestamp, reason: String) {
            self.time = time
            self.reason = reason
        }
    }

    package init(
        name: String, project: String, doors: [Door], engine: String, container: String, user: String,
        workspace: String, asked: ResourceLimits
    ) {
        self.name = name
        self.project = project
        self.doors = doors
        self.engine = engine
        self.container = container
        self.user = user
        self.workspace = workspace
        self.asked = asked
        started = .now
    }
}
