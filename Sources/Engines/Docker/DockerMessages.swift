import ExperimentModel

/// What is said to a daemon and heard from it, as far as it is of use here. Names are those of the Docker Engine API.
enum DockerMessages {
    struct Create: Encodable {
        var Image: String
        var Cmd: [String]
        var Env: [String]
        var WorkingDir: String
        var User: String?
        var Labels: [String: String]
        var AttachStdout = true
        var AttachStderr = true
        var HostConfig: Host
    }

    struct Host: Codable {
        var Binds: [String]?
        var Memory: Int64?
        /// Memory and swap together: the same as Memory is no swap.
        var MemorySwap: Int64?
        var NanoCpus: Int64?
        var CpuQuota: Int64?
        var CpuPeriod: Int64?
        var ShmSize: Int64?
        var PidsLimit: Int64?
        var Ulimits: [Ulimit]?
        var DeviceRequests: [DeviceRequest]?
        var NetworkMode: String?
        var UsernsMode: String?
        var Init: Bool?
        var CapDrop: [String]?
        var SecurityOpt: [String]?
        var LogConfig: Log?
    }

    struct Ulimit: Codable {
        var Name: String
        var Soft: Int64
        var Hard: Int64
    }

    struct DeviceRequest: Codable {
        var Driver: String?
        var Count: Int?
        var DeviceIDs: [String]?
        var Capabilities: [[String]]?
    }

    struct Log: Codable {
        var `Type`: String
    }

    struct Created: Decodable {
        let Id: String
        let Warnings: [String]?
    }

    struct Execution: Encodable {
        var Cmd: [String]
        var Env: [String]
        var WorkingDir: String?
        var AttachStdin: Bool
        var AttachStdout = true
        var AttachStderr = true
        var Tty: Bool
        var DetachKeys: String?
    }

    struct ExecutionStart: Encodable {
        var Detach = false
        var Tty: Bool
    }

    struct ExecutionState: Decodable {
        let Running: Bool
        let ExitCode: Int?
        let Pid: Int?
    }

    struct Listed: Decodable {
        let Id: String
    }

    struct Container: Decodable {
        struct State: Decodable {
            let Status: String
            let OOMKilled: Bool?
            let Pid: Int?
            let ExitCode: Int?
            let Error: String?
        }

        struct Configuration: Decodable {
            let Image: String?
            let Env: [String]?
            let WorkingDir: String?
            let Hostname: String?
            let Labels: [String: String]?
        }

        let Id: String
        let Name: String
        let State: State
        let Config: Configuration
        let HostConfig: Host
    }

    struct Waited: Decodable {
        struct Problem: Decodable { let Message: String? }

        let StatusCode: Int
        let Error: Problem?
    }

    struct Image: Decodable {
        struct Configuration: Decodable {
            let Env: [String]?
            let Entrypoint: [String]?
            let User: String?
            let WorkingDir: String?
        }

        let Id: String
        let RepoDigests: [String]?
        let Config: Configuration?
    }

    struct Information: Decodable {
        let SecurityOptions: [String]?
        let InitBinary: String?
        let ServerVersion: String?
        let Rootless: Bool?
        let MemoryLimit: Bool?
        let PidsLimit: Bool?
        let CgroupVersion: String?
    }

    struct Progress: Decodable {
        let status: String?
        let error: String?
    }
}

extension DockerMessages.Host {
    /// The limits that these settings are.
    func limits(environment: [String]?) -> ResourceLimits {
        var limits = ResourceLimits()
        if let Memory, Memory > 0 { limits.memory = Memory }
        if let NanoCpus, NanoCpus > 0 {
            limits.cpus = Double(NanoCpus) / 1e9
        } else if let CpuQuota, let CpuPeriod, CpuQuota > 0, CpuPeriod > 0 {
            limits.cpus = Double(CpuQuota) / Double(CpuPeriod)
        }
        if let ShmSize, ShmSize > 0 { limits.sharedMemory = ShmSize }
        if let PidsLimit, PidsLimit > 0 { limits.pids = PidsLimit }
        let ulimits = (Ulimits ?? []).map { limit in
            // Podman gives the names of getrlimit(2).
            let name = limit.Name.lowercased()
            return ResourceUlimit(
                name: name.hasPrefix("rlimit_") ? String(name.dropFirst(7)) : name, soft: limit.Soft, hard: limit.Hard)
        }
        if !ulimits.isEmpty { limits.ulimits = ulimits.sorted { $0.name < $1.name } }
        limits.gpus = DeviceRequests?.first.flatMap(\.selection)
        if limits.gpus == nil, environment?.contains("\(ProcessEngine.devicesVariable)=") == true {
            limits.gpus = .count(0)
        }
        return limits
    }
}

extension DockerMessages.DeviceRequest {
    init?(_ selection: GPUSelection) {
        switch selection {
        case .all: self.init(Count: -1, Capabilities: [["gpu"]])
        case .count(0): return nil
        case .count(let count): self.init(Count: count, Capabilities: [["gpu"]])
        case .devices(let names): self.init(DeviceIDs: names, Capabilities: [["gpu"]])
        }
    }

    fileprivate var selection: GPUSelection? {
        if let DeviceIDs, !DeviceIDs.isEmpty { return .devices(DeviceIDs) }
        return Count.map { $0 < 0 ? .all : .count($0) }
    }
}
