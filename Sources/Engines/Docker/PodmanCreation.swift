import Glibc
import HostSystem

/// A request in podman's own words (libpod, "SpecGenerator"), in which devices have names: its copy of Docker's interface
/// has no word for GPUs. Everything else is what the other message says.
struct PodmanCreation: Encodable {
    let name: String
    let image: String
    let command: [String]
    let env: [String: String]
    let work_dir: String
    let user: String?
    let labels: [String: String]
    let mounts: [Mount]
    let shm_size: Int64?
    let `init`: Bool
    let cap_drop: [String]
    let no_new_privileges = true
    let netns: Namespace
    let userns: Namespace?
    let r_limits: [Limit]
    let resource_limits: Resources
    let log_configuration = Log()
    let devices: [Device]

    struct Mount: Encodable {
        let destination: String
        let source: String
        let type = "bind"
        let options: [String]
    }

    struct Namespace: Encodable { let nsmode: String }

    struct Limit: Encodable {
        let type: String
        let soft: UInt64
        let hard: UInt64
    }

    struct Resources: Encodable {
        struct Memory: Encodable {
            let limit: Int64?
            let swap: Int64?
        }

        struct Processor: Encodable {
            let quota: Int64?
            let period: UInt64?
        }

        struct Processes: Encodable { let limit: Int64 }

        let memory: Memory
        let cpu: Processor
        let pids: Processes?
    }

    struct Log: Encodable { let driver = "none" }

    struct Device: Encodable { let path: String }

    init(_ creation: ContainerCreation, _ request: ContainerRequest) {
        let message = creation.message
        let host = message.HostConfig
        name = request.name
        image = message.Image
        command = message.Cmd
        var variables: [String: String] = [:]
        for text in message.Env {
            guard let equals = text.firstIndex(of: "=") else { continue }
            variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        env = variables
        work_dir = message.WorkingDir
        user = message.User
        labels = message.Labels
        mounts = request.mounts.map {
            Mount(
                destination: $0.destination, source: $0.source,
                options: ["rbind", "rprivate", $0.isReadOnly ? "ro" : "rw"])
        }
        shm_size = host.ShmSize
        self.`init` = host.Init ?? false
        cap_drop = host.CapDrop ?? []
        netns = Namespace(nsmode: request.network.rawValue)
        userns = host.UsernsMode.map(Namespace.init)
        r_limits = (host.Ulimits ?? []).map {
            Limit(type: $0.Name, soft: UInt64(bitPattern: $0.Soft), hard: UInt64(bitPattern: $0.Hard))
        }
        let quota = host.NanoCpus.map { max(1000, $0 / 10_000) }
        resource_limits = Resources(
            memory: .init(limit: host.Memory, swap: host.MemorySwap),
            cpu: .init(quota: quota, period: quota == nil ? nil : 100_000),
            pids: host.PidsLimit.map { .init(limit: $0) })
        devices = creation.devices.map(Device.init)
    }
}
