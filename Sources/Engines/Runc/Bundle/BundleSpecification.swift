/// `config.json` of a bundle: what runc makes a container from (OCI runtime specification 1.0, config.md and
/// config-linux.md). Only the fields that Bunsen sets. What a process is given is read again for further commands.
///
/// It is written by `json`, not by `Encodable`: to find out how its twenty types are encoded takes Swift two
/// milliseconds, of the fifteen that a start may take beside runc's own.
struct BundleSpecification: Sendable {
    var ociVersion = "1.0.2"
    var process: Process
    var root: Root
    var hostname: String?
    var mounts: [Mount]
    /// By the moment at which they run.
    var hooks: [String: [Hook]]?
    var linux: Linux

    struct Hook: Sendable {
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

    struct Root: Sendable {
        var path: String
        var readonly = false
    }

    struct Mount: Sendable, Hashable {
        var destination: String
        var type: String
        var source: String
        var options: [String]
    }

    struct Linux: Sendable {
        var namespaces: [Namespace]
        var devices: [DeviceNode]?
        var resources: Resources?
        var cgroupsPath: String?
        var seccomp: SeccompProfile
        var maskedPaths: [String]
        var readonlyPaths: [String]
    }

    struct Namespace: Sendable {
        var type: String
    }

    struct Resources: Sendable {
        var devices: [Device]
        var memory: Memory?
        var cpu: Processor?
        var pids: Pids?
    }

    /// A rule of the control group.
    struct Device: Sendable {
        var allow: Bool
        var type: String?
        var major: Int64?
        var minor: Int64?
        var access: String
    }

    struct DeviceNode: Sendable {
        var path: String
        var type: String
        var major: Int64
        var minor: Int64
        var fileMode: UInt32?
        var uid: UInt32?
        var gid: UInt32?
    }

    struct Memory: Sendable {
        var limit: Int64
        /// Memory and swap together; equal to `limit` there is no swap.
        var swap: Int64?
    }

    struct Processor: Sendable {
        /// Microseconds of processor time in each period.
        var quota: Int64
        var period: UInt64
    }

    struct Pids: Sendable {
        var limit: Int64
    }
}

extension BundleSpecification {
    var json: JSONText {
        .object([
            "ociVersion": .string(ociVersion), "process": process.json,
            "root": .object(["path": .string(root.path), "readonly": .boolean(root.readonly)]),
            "hostname": hostname.map { .string($0) }, "mounts": .array(mounts.map(\.json)),
            "hooks": hooks.map { .object($0.mapValues { .array($0.map(\.json)) }) }, "linux": linux.json,
        ])
    }
}

extension BundleSpecification.Process {
    var json: JSONText {
        .object([
            "terminal": .boolean(terminal),
            "user": .object([
                "uid": .number(user.uid), "gid": .number(user.gid),
                "additionalGids": user.additionalGids.map { .array($0.map { .number($0) }) },
            ]),
            "args": .strings(args), "env": .strings(env), "cwd": .string(cwd),
            "capabilities": .object([
                "bounding": .strings(capabilities.bounding), "effective": .strings(capabilities.effective),
                "permitted": .strings(capabilities.permitted),
            ]),
            "rlimits": .array(
                rlimits.map {
                    .object(["type": .string($0.type), "soft": .number($0.soft), "hard": .number($0.hard)])
                }),
            "noNewPrivileges": .boolean(noNewPrivileges),
        ])
    }
}

extension BundleSpecification.Hook {
    var json: JSONText {
        .object([
            "path": .string(path), "args": args.map { .strings($0) }, "env": env.map { .strings($0) },
            "timeout": timeout.map { .number($0) },
        ])
    }
}

extension BundleSpecification.Mount {
    var json: JSONText {
        .object([
            "destination": .string(destination), "type": .string(type), "source": .string(source),
            "options": .strings(options),
        ])
    }
}

extension BundleSpecification.Linux {
    var json: JSONText {
        .object([
            "namespaces": .array(namespaces.map { .object(["type": .string($0.type)]) }),
            "devices": devices.map { .array($0.map(\.json)) }, "resources": resources?.json,
            "cgroupsPath": cgroupsPath.map { .string($0) }, "seccomp": seccomp.json,
            "maskedPaths": .strings(maskedPaths), "readonlyPaths": .strings(readonlyPaths),
        ])
    }
}

extension BundleSpecification.Resources {
    var json: JSONText {
        .object([
            "devices": .array(
                devices.map {
                    .object([
                        "allow": .boolean($0.allow), "type": $0.type.map { .string($0) },
                        "major": $0.major.map { .number($0) }, "minor": $0.minor.map { .number($0) },
                        "access": .string($0.access),
                    ])
                }),
            "memory": memory.map { .object(["limit": .number($0.limit), "swap": $0.swap.map { .number($0) }]) },
            "cpu": cpu.map { .object(["quota": .number($0.quota), "period": .number($0.period)]) },
            "pids": pids.map { .object(["limit": .number($0.limit)]) },
        ])
    }
}

extension BundleSpecification.DeviceNode {
    var json: JSONText {
        .object([
            "path": .string(path), "type": .string(type), "major": .number(major), "minor": .number(minor),
            "fileMode": fileMode.map { .number($0) }, "uid": uid.map { .number($0) }, "gid": gid.map { .number($0) },
        ])
    }
}

extension SeccompProfile {
    var json: JSONText {
        .object([
            "defaultAction": .string(defaultAction), "defaultErrnoRet": .number(defaultErrnoRet),
            "architectures": .strings(architectures),
            "syscalls": .array(
                syscalls.map { rule in
                    .object([
                        "names": .strings(rule.names), "action": .string(rule.action),
                        "errnoRet": rule.errnoRet.map { .number($0) },
                        "args": rule.args.map { .array($0.map(\.json)) },
                    ])
                }),
        ])
    }
}

extension SeccompProfile.Argument {
    var json: JSONText {
        .object([
            "index": .number(index), "value": .number(value), "valueTwo": valueTwo.map { .number($0) },
            "op": .string(op),
        ])
    }
}
