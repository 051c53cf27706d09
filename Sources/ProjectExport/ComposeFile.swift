import RecipeModel
import Yams

/// `compose.yaml` for Docker Compose and its kin: the image by digest, with the recipe's mounts and limits (the Compose
/// Specification).
package struct ComposeFile: Encodable, Sendable {
    package static let path = "compose.yaml"

    struct Service: Encodable {
        let image: String
        let user: String
        let workingDirectory: String
        let volumes: [Volume]
        let sharedMemory: String
        let memory: String?
        let memoryAndSwap: String?
        let cpus: String?
        let processes: Int64?
        let ulimits: [String: Ulimit]?
        let deploy: Deploy?

        enum CodingKeys: String, CodingKey {
            case image, user, volumes, cpus, ulimits, deploy
            case processes = "pids_limit"
            case workingDirectory = "working_dir"
            case sharedMemory = "shm_size"
            case memory = "mem_limit"
            case memoryAndSwap = "memswap_limit"
        }
    }

    struct Ulimit: Encodable {
        let soft: Int64
        let hard: Int64
    }

    /// In the long form, by which a source that does not exist is an error and not a new empty folder of root's.
    struct Volume: Encodable {
        let type = "bind"
        let source: String
        let target: String
        let isReadOnly: Bool

        enum CodingKeys: String, CodingKey {
            case type, source, target
            case isReadOnly = "read_only"
        }
    }

    /// The place where Compose asks for GPUs.
    struct Deploy: Encodable {
        struct Device: Encodable {
            let driver = "nvidia"
            let count: Int
            let capabilities = ["gpu"]
        }

        struct Reservations: Encodable {
            let devices: [Device]
        }

        struct Resources: Encodable {
            let reservations: Reservations
        }

        let resources: Resources

        init(gpus count: Int) { resources = Resources(reservations: Reservations(devices: [Device(count: count)])) }
    }

    /// The name of the one service.
    package let serviceName: String
    let services: [String: Service]

    enum CodingKeys: CodingKey { case services }

    package init(_ subject: ExportSubject) {
        let deploy: Deploy? =
            switch subject.gpus {
            case .none: nil
            // Compose's number for all of them.
            case .all: Deploy(gpus: -1)
            case .count(let count): Deploy(gpus: count)
            }
        let memory = subject.limits.memory?.description
        let volumes =
            [Volume(source: ".", target: subject.workspace, isReadOnly: false)]
            + subject.mounts.map {
                Volume(source: Self.source($0.source), target: $0.destination, isReadOnly: $0.isReadOnly)
            }
        let ulimits = subject.limits.ulimits.map { ($0.name, Ulimit(soft: $0.soft, hard: $0.hard)) }
        serviceName = subject.serviceName
        services = [
            subject.serviceName: Service(
                image: subject.image, user: "${HOST_UID:-1000}:${HOST_GID:-1000}", workingDirectory: subject.workspace,
                volumes: volumes, sharedMemory: subject.sharedMemory, memory: memory, memoryAndSwap: memory,
                cpus: subject.cpus, processes: subject.limits.pids,
                ulimits: ulimits.isEmpty ? nil : Dictionary(ulimits) { first, _ in first }, deploy: deploy)
        ]
    }

    package var text: String {
        get throws {
            """
            # Written by `bunsen export compose`.
            #   export HOST_UID=$(id -u) HOST_GID=$(id -g)     so that files belong to you
            #   docker compose run --rm \(serviceName) python train.py

            """ + (try YAMLEncoder().encode(self))
        }
    }

    /// Relative paths have to begin with a point, or they would be names of volumes.
    private static func source(_ source: String) -> String {
        source.hasPrefix("/") || source.hasPrefix(".") ? source : "./\(source)"
    }
}
