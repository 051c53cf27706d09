import Glibc
import HostSystem

/// How mmdebstrap gets the rights to give files to root.
enum BootstrapMode: String {
    case root
    /// In a user namespace, in which the user is root over numbers set aside for it.
    case unshare

    static func choose(environment: [String: String]) throws -> BootstrapMode {
        if geteuid() == 0 { return .root }
        func problem(_ cause: String, _ hint: String) -> BaseSystemError {
            BaseSystemError(.noNamespaces, BaseBuilder.operation, cause, hint: hint)
        }
        let name = userName()
        for (file, option) in [("/etc/subuid", "--add-subuids"), ("/etc/subgid", "--add-subgids")] {
            let text = (try? Files.readText(file, limit: 1 << 20)) ?? ""
            let isThere = text.split(separator: "\n").contains { line in
                let fields = line.split(separator: ":")
                return fields.count == 3 && (fields[0] == name || fields[0] == "\(geteuid())")
                    && (Int(fields[2]) ?? 0) >= 65536
            }
            guard isThere else {
                throw problem(
                    "\(file) sets no user numbers aside for \(name)",
                    "sudo usermod \(option) 100000-165535 \(name); or build as root")
            }
        }
        guard (try? AptTool.find("newuidmap", environment: environment)) != nil else {
            throw problem("newuidmap is not installed", "sudo apt-get install uidmap; or build as root")
        }
        return .unshare
    }

    /// What a shell does first, so that a killed build leaves no mounts on this machine and no programs that the scripts
    /// of packages started: root's mmdebstrap makes no namespaces. A container may forbid them, and then has no mounts
    /// to leave either.
    var isolation: String {
        guard self == .root else { return "" }
        let unshare = "unshare --mount --pid --fork --kill-child --mount-proc"
        return "! \(unshare) true 2>/dev/null || set -- \(unshare) \"$@\"; "
    }

    /// Adds what is known about this mode to an error of mmdebstrap.
    func explained(_ error: BaseSystemError) -> BaseSystemError {
        let detail = error.detail ?? ""
        guard self == .unshare, detail.contains("unshare") || detail.contains("newuidmap"),
            detail.contains("ermitted") || detail.contains("failed") || detail.contains("cannot")
        else { return error }
        return BaseSystemError(
            .noNamespaces, error.operation, "this machine does not let an ordinary user make a user namespace",
            hint: "sysctl kernel.unprivileged_userns_clone and user.max_user_namespaces say whether; or build as root",
            detail: detail)
    }

    private static func userName() -> String {
        guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "\(geteuid())" }
        return String(cString: name)
    }
}
