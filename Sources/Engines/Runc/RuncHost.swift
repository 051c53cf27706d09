import ExperimentModel
import Glibc
import HostSystem

/// What this machine has for containers without a daemon.
struct RuncHost: Sendable {
    /// The path of runc.
    let program: String
    let groups: ControlGroups?
    /// An ordinary user's containers are in a user namespace, in which that user is root, and have no control group.
    let isRootless: Bool
    /// A program of the host that can be the first process of any container: it needs no shared library.
    let initProgram: String?

    /// - Parameter environment: the variables of this process.
    init(environment: [String: String]) throws {
        let search = [environment["PATH"] ?? "", standardSearchPath].joined(separator: ":")
        guard let program = findExecutable("runc", searchPath: search, from: "/") else {
            throw EngineError(
                "use", "runc", .unusable("it is not on this machine"), hint: "install it: apt-get install runc")
        }
        self.program = program
        isRootless = geteuid() != 0
        groups = ControlGroups.forContainers()
        let names = ["tini-static", "docker-init", "/usr/libexec/podman/catatonit", "catatonit"]
        initProgram = names.lazy.compactMap { findExecutable($0, searchPath: search, from: "/") }.first
    }

    /// What runc says of itself; asking takes as long as a fifth of a container's start.
    private func version() throws -> String {
        let result = try Tool(executable: program, environment: ["PATH": standardSearchPath]).run(
            ["--version"], timeout: 20)
        let line = result.outputText.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard result.succeeded, line.hasPrefix("runc version ") else {
            throw EngineError("use", "runc", .unusable("\(program) --version does not say its version"))
        }
        return String(line.dropFirst("runc version ".count).prefix { $0 != "+" && $0 != " " })
    }

    func summary() throws -> String {
        let groups =
            switch groups?.version {
            case .one: "control groups of version 1"
            case .two: "control groups of version 2"
            case nil: "no control groups, so no limits of memory, processors and processes"
            }
        return "runc \(try version()), \(isRootless ? "in a user namespace" : "as root"), \(groups)"
    }

    /// Makes the namespaces and the overlay that every container needs, once, and throws what the kernel says.
    func probe(in folder: String) throws {
        let place = "\(folder)/probe.\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        // Held as containers are, or another command would take it for what a killed one left.
        let lockPath = place + ContainerFolder.lockSuffix
        let lock = try FileLock.wait(lockPath)
        defer {
            try? Files.remove(place)
            unlink(lockPath)
            withExtendedLifetime(lock) {}
        }
        for name in ["below", "upper", "work", "root"] { try Files.makeFolder("\(place)/\(name)", mode: 0o700) }
        var start = ChildProcess.Start(
            executable: program, arguments: ["runc", "--version"], environment: ["PATH": standardSearchPath])
        start.workingFolder = place
        start.deathSignal = SIGKILL
        var options = "lowerdir=below,upperdir=upper,workdir=work,volatile"
        if isRootless { options += ",userxattr" }
        start.isolation = isolation([.init(source: "overlay", target: "root", type: "overlay", options: options)])
        do {
            _ = try ChildProcess.start(start).wait()
        } catch let error as ChildStartError {
            let hint: String? =
                switch error.step {
                case .namespaces, .fork:
                    isRootless
                        ? "let ordinary users make user namespaces: sysctl user.max_user_namespaces=10000"
                        : "this machine is itself a container that may not make others: run it with more privileges"
                case .mount("root"):
                    "overlays cannot be mounted on the file system of \(folder): set BUNSEN_HOME to a folder of another"
                default: nil
                }
            throw EngineError("use", "runc", .unusable("\(error)"), hint: hint)
        }
    }

    /// Namespaces with some mounts, and the list of their processes, without which runc cannot look at itself.
    func isolation(
        _ mounts: [ChildProcess.Isolation.Mount], folders: [ChildProcess.Isolation.Folder] = []
    ) -> ChildProcess.Isolation {
        .init(
            folders: folders, mounts: mounts + [.init(source: "proc", target: "/proc", type: "proc")],
            asRootOfOwnUsers: isRootless)
    }

    /// The first process of the container proper, below its runc; nil where there is none. runc's threads may each have
    /// children.
    static func firstProcess(below id: pid_t) -> String? {
        for thread in (try? Files.names(in: "/proc/\(id)/task")) ?? [] {
            if let text = try? Files.readText("/proc/\(id)/task/\(thread)/children", limit: 4096),
                let child = text.split(separator: " ").first
            {
                return String(child)
            }
        }
        return nil
    }
}
