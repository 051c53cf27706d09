import Engines
import Glibc
import HostSystem

/// Waits until the servers of a workbench answer.
package struct DoorWait {
    private let container: any RunningContainer
    private let record: WorkbenchRecord
    private let server: JupyterServer?
    private let shell: SecureShellServer?
    private let log: String

    /// - Parameter log: path of what the servers print, for the case that they do not answer.
    package init(
        _ container: any RunningContainer, _ record: WorkbenchRecord, server: JupyterServer?, shell: SecureShellServer?,
        log: String
    ) {
        self.container = container
        self.record = record
        self.server = server
        self.shell = shell
        self.log = log
    }

    /// - Parameter patience: in seconds.
    package func run(patience: Double = 120) throws {
        let deadline = monotonicSeconds() + patience
        if let shell { try wait("the ssh server", deadline) { shell.answers ? .yes : .no("nobody answers") } }
        if let server {
            try wait("JupyterLab", deadline) {
                switch server.ask() {
                case .ready: .yes
                case .none: .no("nobody answers")
                case .other(let status): .no("what answers there does not know the token (status \(status))")
                }
            }
        }
    }

    private enum Answer {
        case yes
        case no(String)
    }

    private func wait(_ what: String, _ deadline: Double, _ ask: () -> Answer) throws {
        while true {
            guard case .no(let reason) = ask() else { return }
            if let end = ended() {
                throw WorkbenchError(.broken, "\(what) ended before it answered (\(end))\(lastWords)")
            }
            if monotonicSeconds() > deadline {
                throw WorkbenchError(.broken, "\(what) does not answer: \(reason)\(lastWords)")
            }
            usleep(20_000)
        }
    }

    private func ended() -> String? {
        guard container.endNotice.hasCome else { return nil }
        guard let end = try? container.wait() else { return "its end is not known" }
        return end.outOfMemory ? "out of memory" : "exit code \(end.end.shellCode)"
    }

    /// The end of what was printed, where servers say what is wrong.
    private var lastWords: String {
        let text = (try? Files.readText(log, limit: 64 << 20)) ?? ""
        let lines = text.split(whereSeparator: \.isNewline).suffix(8)
        return lines.isEmpty ? "" : ":\n" + lines.joined(separator: "\n")
    }
}
