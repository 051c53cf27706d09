import CHostSystem
import Glibc
import HostSystem

/// The edits of devices in runc's own terms.
struct BundleDevices: Sendable {
    let edits: CDIEdits
    let nodes: [BundleSpecification.DeviceNode]

    /// - Throws: `EngineError` for a device or a file that is not there.
    init(_ edits: CDIEdits) throws {
        self.edits = edits
        nodes = try edits.deviceNodes.map(Self.node)
        for mount in edits.mounts where !Files.exists(mount.hostPath) {
            throw EngineError(
                "bring into the container", mount.hostPath, .refused("it does not exist"), hint: Self.hint)
        }
    }

    private static let hint = "write the file anew: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"

    private static func node(_ node: CDIEdits.DeviceNode) throws -> BundleSpecification.DeviceNode {
        let place = node.hostPath ?? node.path
        var status = stat()
        guard stat(place, &status) == 0, [S_IFCHR, S_IFBLK].contains(status.st_mode & S_IFMT) else {
            throw EngineError("bring into the container", place, .refused("there is no such device"), hint: hint)
        }
        let type = status.st_mode & S_IFMT == S_IFCHR ? "c" : "b"
        return BundleSpecification.DeviceNode(
            path: node.path, type: type, major: Int64(gnu_dev_major(status.st_rdev)),
            minor: Int64(gnu_dev_minor(status.st_rdev)),
            fileMode: node.fileMode.map { $0 & 0o7777 } ?? UInt32(status.st_mode & 0o7777), uid: node.uid,
            gid: node.gid)
    }

    /// What the control group lets through.
    var rules: [BundleSpecification.Device] {
        zip(nodes, edits.deviceNodes).map { node, edit in
            .init(
                allow: true, type: node.type, major: node.major, minor: node.minor,
                access: edit.permissions.map { $0.filter { "rwm".contains($0) } } ?? "rw")
        }
    }

    var mounts: [BundleSpecification.Mount] {
        edits.mounts.map { mount in
            var options = mount.options ?? ["ro", "nosuid", "nodev"]
            if mount.type == nil || mount.type == "bind", !options.contains("bind"), !options.contains("rbind") {
                options.append("rbind")
            }
            return .init(
                destination: mount.containerPath, type: mount.type ?? "none", source: mount.hostPath, options: options)
        }
    }

    var hooks: [String: [BundleSpecification.Hook]]? {
        edits.hooks.isEmpty
            ? nil
            : Dictionary(grouping: edits.hooks, by: \.hookName).mapValues { hooks in
                hooks.map { .init(path: $0.path, args: $0.args, env: $0.env, timeout: $0.timeout) }
            }
    }

    var variables: [String: String] {
        var variables: [String: String] = [:]
        for text in edits.environment {
            guard let equals = text.firstIndex(of: "=") else { continue }
            variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return variables
    }
}
