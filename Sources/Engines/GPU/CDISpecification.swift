import FoundationEssentials
import HostSystem
import RecipeModel
import Yams

/// One file that says how devices are brought into containers (Container Device Interface, SPEC.md), such as the one
/// that `nvidia-ctk cdi generate` writes.
struct CDISpecification: Decodable, Sendable {
    /// Vendor and class, such as `nvidia.com/gpu`.
    let kind: String
    let devices: [Device]
    /// For all devices of the file.
    let containerEdits: CDIEdits?

    struct Device: Decodable, Sendable {
        let name: String
        let containerEdits: CDIEdits?
    }

    /// - Parameter path: YAML unless its name ends in `.json`.
    /// - Throws: `EngineError` for a file that cannot be read, or is not understood in full.
    init(path: String) throws {
        do {
            try self.init(Files.read(path, limit: 1 << 20), isJSON: path.hasSuffix(".json"))
        } catch let mistake as Mistake {
            throw EngineError("read", path, .badAnswer(mistake.reason))
        } catch {
            throw EngineError("read", path, .said("\(error)"))
        }
    }

    /// What is wrong with a file.
    struct Mistake: Error { let reason: String }

    init(_ bytes: [UInt8], isJSON: Bool) throws {
        do {
            let text = try YAMLText.checked(bytes)
            self =
                isJSON
                ? try JSONDecoder().decode(Self.self, from: Data(bytes))
                : try YAMLDecoder().decode(Self.self, from: text)
        } catch let problem as RecipeProblem {
            throw Mistake(reason: problem.reason)
        } catch {
            throw Mistake(reason: "it is no specification of devices")
        }
        for edits in [containerEdits].compactMap({ $0 }) + devices.compactMap(\.containerEdits) { try edits.check() }
    }
}

/// What changes in a container that gets a device.
struct CDIEdits: Decodable, Sendable, Hashable {
    /// NAME=VALUE.
    var environment: [String] = []
    var deviceNodes: [DeviceNode] = []
    var mounts: [Mount] = []
    var hooks: [Hook] = []
    var groups: [UInt32] = []
    /// Names of edits of other kinds.
    private var unknown: [String] = []

    struct DeviceNode: Decodable, Sendable, Hashable {
        /// In the container; on the host too, where `hostPath` is nil.
        var path: String
        var hostPath: String?
        var type: String?
        var major: Int64?
        var minor: Int64?
        var fileMode: UInt32?
        var permissions: String?
        var uid: UInt32?
        var gid: UInt32?
    }

    struct Mount: Decodable, Sendable, Hashable {
        var hostPath: String
        var containerPath: String
        var type: String?
        var options: [String]?
    }

    struct Hook: Decodable, Sendable, Hashable {
        var hookName: String
        var path: String
        var args: [String]?
        var env: [String]?
        var timeout: Int?
    }

    init() {}

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        for key in fields.allKeys {
            switch key.stringValue {
            case "env": environment = try fields.decode([String].self, forKey: key)
            case "deviceNodes": deviceNodes = try fields.decode([DeviceNode].self, forKey: key)
            case "mounts": mounts = try fields.decode([Mount].self, forKey: key)
            case "hooks": hooks = try fields.decode([Hook].self, forKey: key)
            case "additionalGids": groups = try fields.decode([UInt32].self, forKey: key)
            default: unknown.append(key.stringValue)
            }
        }
    }

    static let hookNames = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]

    /// Throws for what cannot be done to the letter: a container that lacked a part might work in some other way than it
    /// should.
    fileprivate func check() throws(CDISpecification.Mistake) {
        if let name = unknown.first {
            throw CDISpecification.Mistake(reason: "edits called \(name.prefix(200)) are not known here")
        }
        let paths =
            deviceNodes.flatMap { [$0.path, $0.hostPath ?? $0.path] }
            + mounts.flatMap { [$0.hostPath, $0.containerPath] } + hooks.map(\.path)
        for path in paths
        where !path.hasPrefix("/") || path.utf8.contains(0) || path.split(separator: "/").contains("..") {
            throw CDISpecification.Mistake(reason: "\"\(path.prefix(200))\" is no absolute path")
        }
        if let text = environment.first(where: { !$0.dropFirst().contains("=") || $0.utf8.contains(0) }) {
            throw CDISpecification.Mistake(reason: "\"\(text.prefix(200))\" is no variable")
        }
        if let hook = hooks.first(where: { !Self.hookNames.contains($0.hookName) }) {
            throw CDISpecification.Mistake(reason: "there are no hooks called \"\(hook.hookName.prefix(200))\"")
        }
    }

    mutating func add(_ other: CDIEdits) {
        environment += other.environment
        deviceNodes += other.deviceNodes
        mounts += other.mounts
        hooks += other.hooks
        groups += other.groups
    }
}
