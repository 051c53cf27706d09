import Glibc
import HostSystem

/// A runc that starts something, and what it tells of that in files.
struct RuncChild {
    let child: ChildProcess
    /// Written when the command runs.
    let processPath: String
    let logPath: String

    /// - Parameter name: of the container, for errors, as `operation` is.
    func waitUntilItRuns(_ operation: String, _ name: String) throws {
        let deadline = monotonicSeconds() + 60
        while !Files.exists(processPath) {
            var information = siginfo_t()
            let ended = waitid(P_PID, id_t(child.id), &information, WEXITED | WNOWAIT | WNOHANG) == 0
            if ended, information.si_signo == SIGCHLD, !Files.exists(processPath) {
                _ = child.wait()
                throw EngineError(operation, name, .said(complaint ?? "runc ended without a word"))
            }
            if monotonicSeconds() > deadline {
                kill(child.id, SIGKILL)
                _ = child.wait()
                throw EngineError(operation, name, .said(complaint ?? "runc did not start it within a minute"))
            }
            usleep(1000)
        }
    }

    /// runc's last words.
    private var complaint: String? {
        struct Line: Decodable {
            let level: String
            let msg: String
        }
        guard let text = try? Files.readText(logPath, limit: 1 << 20) else { return nil }
        return text.split(separator: "\n").reversed().lazy
            .compactMap { ShortLivedFile.decode(Line.self, from: Array($0.utf8)) }.first { $0.level == "error" }?.msg
    }
}
