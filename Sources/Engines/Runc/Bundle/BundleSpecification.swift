/// `config.json` of a bundle: what runc makes a container from (OCI runtime specification 1.0, config.md and
/// config-linux.md). Only the fields that Bunsen sets. What a process is given is read again for further commands.
struct BundleSpecification: Encodable, Sendable {
    var ociVersion = "1.0.2"
    var process: Process
    var root: Root
    var hostname: String?
    var mounts: [Mount]
    /// By the moment at which they run.
    var hooks: [String: [Hook]]?
    var linux: Linux

    struct Hook: Encodable, Sendable {
        var path: String
        var args: [String]?
        var env: [String]?
        var timeout: Int?
    }

    struct Process: Codable, Sendable {
        var terminal = false
        var user: User
        var args: [String]
        var env: [String]
        var cwd: String
        var capabilities: Capabilities
        var rlimits: [ResourceLimit]
        var noNewPrivileges = true
    }

    struct User: Codable, Sendable {
        var uid: UInt32
        var gid: UInt32
        var additionalGids: [UInt32]?
    }

    struct Capabilities: Codable, Sendable {
        let bounding: [String]
        let effective: [String]
        let permitted: [String]

        init(_ names: [String]) { (bounding, effective, permitted) = (names, names, names) }
    }

    struct ResourceLimit: Codable, Sendable {
        var type: String
        var soft: UInt64
        var hard: UInt64
    }

    struct Root: Encodable, Sendable {
        var path: String
        var readonly = false
    }

    struct Mount: Encodable, Sendable, Hashable {
        var destination: String
        var type: String
        var source: String
        var options: [String]
    }

    struct Linux: Encodable, Sendable {
        var namespaces: [Namespace]
        var devices: [DeviceNode]?
        var resources: Resources?
        var cgroupsPath: String?
        var seccomp: SeccompProfile
        var maskedPaths: [String]
        var readonlyPaths: [String]
    }

    struct Namespace: Encodable, Sendable {
        var type: String
    }

    struct Resources: Encodable, Sendable {
        var devices: [Device]
        var memory: Memory?
        var cpu: Processor?
        var pids: Pids?
    }

    /// A rule of the control group.
    struct Device: Encodable, Sendable {
        var allow: Bool
        var type: String?
        var major: Int64?
        var minor: Int64?
        var access: String
    }

    struct DeviceNode: Encodable, Sendable {
        var path: String
        var type: String
        var major: Int64
        var minor: Int64
        var fileMode: UInt32?
        var uid: UInt32?
        var gid: UInt32?
    }

    struct Memory: Encodable, Sendable {
        var limit: Int64
        /// Memory and swap together; equal to `limit` there is no swap.
        var swap: Int64?
    }

    struct Processor: Encodable, Sendable {
        /// Microseconds of processor time in each period.
        var quota: Int64
        var period: UInt64
    }

    struct Pids: Encodable, Sendable {
        var limit: Int64
    }
}
