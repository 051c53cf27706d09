import ExperimentModel
import HostSystem

/// The devices that this machine says it can bring into containers.
struct CDIRegistry: Sendable {
    /// Where specifications are, by the Container Device Interface; a later folder goes before an earlier one.
    static let usualFolders = ["/etc/cdi", "/var/run/cdi"]

    private static let kind = "nvidia.com/gpu"

    let folders: [String]

    /// GPUs that were asked for.
    struct Found: Sendable {
        /// As engines take them, such as `nvidia.com/gpu=0`.
        var names: [String]
        var edits: CDIEdits
    }

    /// - Throws: `EngineError` where there is no specification, or it lacks one of them.
    func find(_ selection: GPUSelection, of inventory: [RunManifest.GPU]) throws -> Found {
        let (devices, problems) = load()
        guard !devices.isEmpty else {
            let others = problems.isEmpty ? "" : " (\(problems.map { "\($0)" }.joined(separator: "; ")))"
            throw EngineError(
                "use", "GPUs",
                .refused("no file in \(folders.joined(separator: " or ")) says how they get into containers\(others)"),
                hint: "write one: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml; or use --gpus 0")
        }
        var found = Found(names: [], edits: CDIEdits())
        var files: Set<String> = []
        for name in try names(selection, inventory, devices) {
            guard let device = devices[name] else { continue }
            found.names.append("\(Self.kind)=\(name)")
            if files.insert(device.file).inserted, let edits = device.common { found.edits.add(edits) }
            if let edits = device.own { found.edits.add(edits) }
        }
        return found
    }

    private struct Device {
        var file: String
        var common: CDIEdits?
        var own: CDIEdits?
    }

    private func load() -> (devices: [String: Device], problems: [EngineError]) {
        var devices: [String: Device] = [:]
        var problems: [EngineError] = []
        for folder in folders {
            for name in (try? Files.names(in: folder)) ?? []
            where [".yaml", ".json", ".yml"].contains(where: name.hasSuffix) {
                let path = "\(folder)/\(name)"
                do {
                    let specification = try CDISpecification(path: path)
                    guard specification.kind == Self.kind else { continue }
                    for device in specification.devices {
                        devices[device.name] = Device(
                            file: path, common: specification.containerEdits, own: device.containerEdits)
                    }
                } catch {
                    problems.append(error as? EngineError ?? EngineError("read", path, .said("\(error)")))
                }
            }
        }
        return (devices, problems)
    }

    /// The names of devices that a selection means.
    private func names(
        _ selection: GPUSelection, _ inventory: [RunManifest.GPU], _ devices: [String: Device]
    ) throws -> [String] {
        switch selection {
        case .all:
            if devices["all"] != nil { return ["all"] }
            return try inventory.map { try name(of: String($0.index), inventory, devices) }
        case .count(let count):
            return try inventory.prefix(count).map { try name(of: String($0.index), inventory, devices) }
        case .devices(let names): return try names.map { try name(of: $0, inventory, devices) }
        }
    }

    /// Files may name GPUs by their numbers, by their UUIDs, or both.
    private func name(
        of wanted: String, _ inventory: [RunManifest.GPU], _ devices: [String: Device]
    ) throws -> String {
        let gpu = inventory.first { String($0.index) == wanted || $0.uuid == wanted }
        let names = [wanted] + (gpu.map { [String($0.index), $0.uuid] } ?? [])
        if let name = names.first(where: { devices[$0] != nil }) { return name }
        throw EngineError(
            "use", "GPU \(wanted)",
            .refused("\(folders.joined(separator: " and ")) name \(devices.keys.sorted().joined(separator: ", "))"),
            hint: "write the file anew: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml")
    }
}
