/// How containers of an image start, and the digests of its unpacked layers (OCI image specification, config.md).
package struct ImageConfiguration: Sendable, Hashable, Codable {
    package var created: String?
    package var author: String?
    package var architecture: String
    package var os: String
    package var variant: String?
    package var config: Execution?
    package var rootfs: RootFileSystem
    package var history: [History]?

    package struct Execution: Sendable, Hashable, Codable {
        package var user: String?
        package var exposedPorts: [String: Empty]?
        /// `NAME=value`, in order.
        package var environment: [String]?
        package var entrypoint: [String]?
        package var command: [String]?
        package var volumes: [String: Empty]?
        package var workingFolder: String?
        package var labels: [String: String]?
        package var stopSignal: String?
        private enum CodingKeys: String, CodingKey {
            case user = "User"
            case exposedPorts = "ExposedPorts"
            case environment = "Env"
            case entrypoint = "Entrypoint"
            case command = "Cmd"
            case volumes = "Volumes"
            case workingFolder = "WorkingDir"
            case labels = "Labels"
            case stopSignal = "StopSignal"
        }

        package init() {}
    }

    /// The specification's sets: objects whose values are empty objects.
    package struct Empty: Sendable, Hashable, Codable { package init() {} }

    package struct RootFileSystem: Sendable, Hashable, Codable {
        package var type = "layers"
        /// Digests of the uncompressed layers, from the base upwards.
        package var diffIDs: [Digest]

        private enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }

        package init(diffIDs: [Digest]) { self.diffIDs = diffIDs }
    }

    package struct History: Sendable, Hashable, Codable {
        package var created: String?
        package var author: String?
        package var createdBy: String?
        package var comment: String?
        package var isEmptyLayer: Bool?

        private enum CodingKeys: String, CodingKey {
            case created, author, comment
            case createdBy = "created_by"
            case isEmptyLayer = "empty_layer"
        }

        package init(created: String? = nil, createdBy: String? = nil, comment: String? = nil) {
            self.created = created
            self.createdBy = createdBy
            self.comment = comment
        }
    }

    package init(platform: Platform, config: Execution?, diffIDs: [Digest], history: [History]?) {
        architecture = platform.architecture
        os = platform.os
        variant = platform.variant
        self.config = config
        rootfs = RootFileSystem(diffIDs: diffIDs)
        self.history = history
    }

    package var platform: Platform { Platform(os: os, architecture: architecture, variant: variant) }
}
