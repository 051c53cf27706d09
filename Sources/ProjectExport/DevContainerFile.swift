import ExperimentModel
import RecipeModel

/// `.devcontainer/devcontainer.json` for editors and `devcontainer up`: the image by digest, with the recipe's mounts and
/// limits (containers.dev, "Dev Container metadata reference").
package struct DevContainerFile: Encodable, Sendable {
    package static let path = ".devcontainer/devcontainer.json"

    struct Customizations: Encodable {
        struct Editor: Encodable {
            let extensions: [String]
            let settings: [String: String]
        }

        let vscode: Editor
    }

    struct HostRequirements: Encodable {
        /// `optional`: with the GPUs where there are any.
        let gpu: String
    }

    let name: String
    let image: String
    let workspaceFolder: String
    let workspaceMount: String
    let mounts: [String]?
    let runArgs: [String]
    let remoteUser: String?
    /// The account of the container gets the number of the person, so that files belong to who works here.
    let updateRemoteUserUID: Bool?
    let hostRequirements: HostRequirements?
    let forwardPorts: [Int]?
    let customizations: Customizations
    /// A process 1 that reaps children: these tools put a shell that sleeps in the place of the image's entrypoint.
    let `init` = true

    package init(_ subject: ExportSubject) {
        name = subject.name
        image = subject.image
        workspaceFolder = subject.workspace
        workspaceMount = Self.mount("${localWorkspaceFolder}", subject.workspace, isReadOnly: false)
        mounts =
            subject.mounts.isEmpty
            ? nil
            : subject.mounts.map { mount in
                Self.mount(Self.source(mount.source), mount.destination, isReadOnly: mount.isReadOnly)
            }
        var arguments = ["--shm-size=\(subject.sharedMemory)"]
        // Memory and swap together, or a container would get as much swap again.
        if let memory = subject.limits.memory { arguments += ["--memory=\(memory)", "--memory-swap=\(memory)"] }
        if let cpus = subject.cpus { arguments.append("--cpus=\(cpus)") }
        if let pids = subject.limits.pids { arguments.append("--pids-limit=\(pids)") }
        arguments += subject.limits.ulimits.map { "--ulimit=\($0)" }
        if case .count(let count) = subject.gpus { arguments.append("--gpus=\(count)") }
        runArgs = arguments
        remoteUser = subject.user
        updateRemoteUserUID = subject.user == nil ? nil : true
        hostRequirements = subject.gpus == .all ? HostRequirements(gpu: "optional") : nil
        forwardPorts = subject.hasJupyter ? [8888] : nil
        customizations = Customizations(
            vscode: .init(
                extensions: ["ms-python.python"] + (subject.hasJupyter ? ["ms-toolsai.jupyter"] : []),
                settings: ["python.defaultInterpreterPath": subject.interpreter]))
    }

    package var text: String { get throws { String(decoding: try RecordCoding.encode(self), as: UTF8.self) } }

    private static func source(_ source: String) -> String {
        source.hasPrefix("/")
            ? source : "${localWorkspaceFolder}/" + (source.hasPrefix("./") ? String(source.dropFirst(2)) : source)
    }

    private static func mount(_ source: String, _ target: String, isReadOnly: Bool) -> String {
        "type=bind,source=\(source),target=\(target)" + (isReadOnly ? ",readonly" : "")
    }
}
