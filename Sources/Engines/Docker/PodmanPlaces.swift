import Glibc
import HostSystem

/// Where podman's service may be: what `CONTAINER_HOST` names, else the sockets of this user, else one that is started
/// here. Podman needs no daemon; its service is a program that answers on a socket and ends when nobody asks it.
struct PodmanPlaces: Sendable {
    let environment: [String: String]

    /// Seconds without a connection after which a service that was started here ends.
    private static let idleSeconds = 60

    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Nil where podman is not installed.
    var program: String? { findExecutable("podman", searchPath: value("PATH") ?? "", from: "/") }

    func addresses() throws -> [DaemonAddress] {
        if let host = value("CONTAINER_HOST") { return [try DaemonAddress(host)] }
        var sockets = [ownSocket]
        if geteuid() == 0 {
            sockets.append("/run/podman/podman.sock")
        } else if let runtime = value("XDG_RUNTIME_DIR") {
            sockets.append("\(runtime)/podman/podman.sock")
        }
        return sockets.map(DaemonAddress.socket)
    }

    /// Only this user can make something in the folder of it.
    private var ownSocket: String {
        if let runtime = value("XDG_RUNTIME_DIR"), runtime.utf8.count < 80 { return "\(runtime)/bunsen/podman.sock" }
        return geteuid() == 0 ? "/run/bunsen/podman.sock" : "/tmp/bunsen-\(geteuid())/podman.sock"
    }

    /// Starts a service and waits until it answers.
    func startService() throws -> DaemonAddress {
        guard value("CONTAINER_HOST") == nil, let program else {
            throw EngineError(
                "start", "podman", .unusable("it is not installed"), hint: "install it: apt-get install podman")
        }
        let socket = ownSocket
        let folder = Files.parent(of: socket) ?? "/tmp"
        try makeOwnFolder(folder)
        // Two commands at once start one service.
        let lock = try FileLock.wait("\(folder)/podman.lock")
        defer { withExtendedLifetime(lock) {} }
        let address = DaemonAddress.socket(socket)
        if (try? DaemonClient(address)) != nil { return address }
        unlink(socket)
        var words = [program]
        // Without systemd there is nobody to ask for control groups.
        if !Files.exists("/run/systemd/system") { words.append("--cgroup-manager=cgroupfs") }
        words += ["system", "service", "--time=\(Self.idleSeconds)", "unix://\(socket)"]
        // Through a shell that ends at once: the service is nobody's child here, so that a supervisor who adopts orphans
        // and ends them with its run does not take it for a part of the run.
        let log = "\(folder)/podman.log"
        let script = "\"$@\" </dev/null >\"$0\" 2>&1 &"
        // It outlives this command, so it must not rest on folders of this command. Podman's conmon may leave a file
        // there too.
        var variables = environment
        variables["TMPDIR"] = nil
        let shell = Tool(executable: "/bin/sh", environment: variables, workingFolder: folder)
        _ = try shell.run(["-c", script, log] + words, timeout: 20)
        let deadline = monotonicSeconds() + 20
        while monotonicSeconds() < deadline {
            if (try? DaemonClient(address)) != nil { return address }
            usleep(30_000)
        }
        let said = (try? Files.readText(log, limit: 1 << 20))?.split(separator: "\n").last.map(String.init)
        throw EngineError(
            "start", "podman system service", .unusable(said ?? "it does not answer"),
            hint: "see what it says: podman info")
    }

    private func makeOwnFolder(_ folder: String) throws {
        try Files.makeFolder(folder, mode: 0o700)
        var status = stat()
        guard lstat(folder, &status) == 0 else { throw SystemError("read", folder) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw EngineError("start", "podman system service", .unusable("\(folder) is not this user's alone"))
        }
    }
}
