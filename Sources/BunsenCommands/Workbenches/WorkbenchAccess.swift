import ExperimentModel
import Glibc
import HostSystem
import Workbench

/// Tells a person how to come into a workbench.
struct WorkbenchAccess {
    private let record: WorkbenchRecord
    private let context: CommandContext
    private let client: ClientConfiguration

    init(_ record: WorkbenchRecord, _ context: CommandContext) {
        self.record = record
        self.context = context
        client = ClientConfiguration(home: context.path("~"), name: record.name)
    }

    private struct Sheet: Encodable {
        let name: String
        let engine: String
        let image: String?
        let link: String?
        let token: String?
        let tunnel: String?
        let ssh: String?
        let editor: String?
    }

    /// On standard output what one needs; beside it, what one should know.
    func show(_ format: FormatOption) throws {
        try format.print(
            to: context.console, json: { try RecordCoding.encode(sheet) },
            text: { lines.map { "\($0.title)\($0.value)\n" }.joined() })
        guard format.format == .text else { return }
        if record.ssh != nil, !client.isIncluded {
            context.console.say(
                "hint: for `ssh \(record.name)` and for editors, let ~/.ssh/config include it, once: "
                    + "bunsen up ssh --ssh-config")
        }
        context.console.say("hint: bunsen logs -f \(record.name), bunsen stop \(record.name)")
    }

    private var sheet: Sheet {
        Sheet(
            name: record.name, engine: record.engine, image: record.image, link: record.jupyter?.link,
            token: record.jupyter?.token, tunnel: tunnel, ssh: record.ssh.map { _ in shell },
            editor: record.ssh.map { _ in client.editorLink(record.workspace) })
    }

    private var lines: [(title: String, value: String)] {
        var lines: [(String, String)] = []
        if let jupyter = record.jupyter {
            lines.append(("JupyterLab  ", jupyter.link))
            lines.append(("in short    ", "localhost:\(jupyter.address.port), token \(jupyter.token)"))
            if let tunnel { lines.append(("from afar   ", tunnel)) }
        }
        if let ssh = record.ssh {
            lines.append(("shell       ", shell))
            lines.append(("editor      ", client.editorLink(record.workspace)))
            if let remote {
                lines.append(("from afar   ", "ssh -J \(remote) -p \(ssh.address.port) \(record.user)@127.0.0.1"))
            }
        }
        return lines
    }

    private var shell: String { ShellQuoting.line(client.command) }

    /// What the person types at home when they are on this machine by ssh.
    private var tunnel: String? {
        guard let jupyter = record.jupyter, let remote else { return nil }
        let port = jupyter.address.port
        return "ssh -N -L \(port):127.0.0.1:\(port) \(remote), then the link above"
    }

    /// This machine as the person's own one sees it: the third word of sshd's SSH_CONNECTION. Nil for who sits here.
    private var remote: String? {
        let words = (context.environment["SSH_CONNECTION"] ?? "").split(separator: " ")
        guard words.count == 4 else { return nil }
        let user = context.environment["USER"] ?? context.environment["LOGNAME"] ?? "you"
        return words[3] == "22" ? "\(user)@\(words[2])" : "-p \(words[3]) \(user)@\(words[2])"
    }
}
