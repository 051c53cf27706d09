import Engines
import Glibc
import HostSystem

/// Tries every way into a workbench after its start, and compares what a command finds behind each.
package struct DoorCheck {
    package enum Passage: String, Sendable, CaseIterable {
        case exec
        case session = "ssh"
        case loginShell = "login shell"
        case kernel = "Jupyter kernel"
    }

    package struct Finding: Sendable {
        package let passage: Passage
        /// Empty where it is as it has to be.
        package let problems: [String]
    }

    private let engine: any ContainerEngine
    private let record: WorkbenchRecord
    private let control: ControlFolder
    private let questions: DoorQuestions
    private let search: String

    /// - Parameters:
    ///   - variables: names of those that all doors have to agree on.
    ///   - search: PATH, to find ssh.
    package init(
        _ record: WorkbenchRecord, on engine: any ContainerEngine, control: ControlFolder, variables: [String],
        search: String
    ) {
        self.engine = engine
        self.record = record
        self.control = control
        self.search = search
        questions = DoorQuestions(variables: variables, workspace: record.workspace)
    }

    /// - Parameter keys: lines of authorized_keys; one of our own is added to them for as long as this takes.
    package func run(keys: [String], report: (Finding) -> Void) throws {
        let first = answers(.exec) { try execute(["/bin/sh", "-c", questions.script]) }
        report(Finding(passage: .exec, problems: first.problem.map { [$0] } ?? []))
        func compare(_ passage: Passage, _ body: () throws -> Tried) {
            let next = answers(passage, body)
            let differences = next.values.map { DoorQuestions.differences(first.values ?? $0, $0) }
            report(Finding(passage: passage, problems: next.problem.map { [$0] } ?? differences ?? []))
        }
        if let ssh = record.ssh {
            try withOwnKey(ssh, keys: keys) { client in
                compare(.session) { try client.run(questions.script) }
                compare(.loginShell) {
                    try client.run("exec \"${SHELL:-/bin/sh}\" -l -c \(ShellQuoting.word(questions.script))")
                }
            }
        }
        if record.jupyter != nil {
            compare(.kernel) { try execute(["python", "-c", Self.kernelProgram, control.place, questions.script]) }
        }
    }

    // MARK: One try

    fileprivate struct Tried {
        var end: ProcessEnd
        var output: [UInt8]
        var error: [UInt8]
    }

    private func answers(_ passage: Passage, _ body: () throws -> Tried) -> (
        values: [String: String]?, problem: String?
    ) {
        do {
            let tried = try body()
            if let values = DoorQuestions.answers(in: tried.output) { return (values, nil) }
            let said = String(decoding: tried.error.suffix(2000), as: UTF8.self).split(whereSeparator: \.isNewline).last
            return (nil, said.map(String.init) ?? "it ended with \(tried.end.shellCode) and answered nothing")
        } catch {
            return (nil, "\(error)")
        }
    }

    private func execute(_ words: [String]) throws -> Tried {
        let (output, error) = (try Gathered(), try Gathered())
        let command = ContainerCommand(words, streams: ContainerStreams(output: output.writing, error: error.writing))
        let end = Result { try engine.execute(command, in: record.container) }
        let texts = (try output.finish(), try error.finish())
        return Tried(end: try end.get(), output: texts.0, error: texts.1)
    }

    // MARK: By ssh

    private struct Client {
        let tool: Tool
        let options: [String]

        func run(_ script: String) throws -> Tried {
            let result = try tool.run(options + [script], timeout: 30)
            return Tried(end: result.end, output: result.output, error: result.error)
        }
    }

    /// The person's own key may need a passphrase, or be on another machine.
    private func withOwnKey(_ ssh: WorkbenchRecord.SSH, keys: [String], _ body: (Client) throws -> Void) throws {
        guard let program = findExecutable("ssh", searchPath: search, from: "/") else {
            throw WorkbenchError(
                .unavailable, "ssh is not on this machine", hint: "install it: apt-get install openssh-client")
        }
        let folder = (Files.parent(of: control.path) ?? "/tmp") + "/probe"
        try Files.remove(folder)
        try Files.makeFolder(folder, mode: 0o700)
        defer { try? Files.remove(folder) }
        try HostKey.make("\(folder)/key", comment: "bunsen-probe", search: search)
        try Files.write("workbench \(ssh.hostKey)\n", to: "\(folder)/known_hosts", mode: 0o600)
        let own = try Files.readText("\(folder)/key.pub", limit: 1 << 16).filter { !$0.isNewline }
        try SecureShellServer.write(keys: keys + ["restrict,from=\"127.0.0.1\" \(own)"], control)
        defer { try? SecureShellServer.write(keys: keys, control) }
        let options = [
            "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "StrictHostKeyChecking=yes",
            "UserKnownHostsFile=\(folder)/known_hosts", "HostKeyAlias=workbench", "LogLevel=ERROR", "ConnectTimeout=10",
        ]
        let tool = Tool(executable: program, environment: ["PATH": standardSearchPath, "HOME": folder])
        try body(
            Client(
                tool: tool,
                options: ["-F", "/dev/null", "-i", "\(folder)/key", "-p", "\(ssh.address.port)"]
                    + options.flatMap { ["-o", $0] } + ["\(record.user)@127.0.0.1"]))
    }

    // MARK: By a kernel

    /// Has the real server start a kernel, and the kernel run the questions.
    private static let kernelProgram = """
        import json, os, ssl, sys, time, urllib.request
        from jupyter_client import BlockingKernelClient
        from jupyter_core.paths import jupyter_runtime_dir
        place, script = sys.argv[1:3]
        settings = json.load(open(f"{place}/jupyter_server_config.json"))
        server, token = settings["ServerApp"], settings["IdentityProvider"]["token"]
        scheme = "https" if server.get("certfile") else "http"
        context = ssl._create_unverified_context() if scheme == "https" else None
        def ask(method, path):
            request = urllib.request.Request(
                f"{scheme}://127.0.0.1:{server['port']}/api/{path}", method=method,
                headers={"Authorization": f"token {token}"})
            with urllib.request.urlopen(request, timeout=60, context=context) as answer:
                return json.loads(answer.read() or "null")
        kernel = ask("POST", "kernels")["id"]
        try:
            deadline = time.monotonic() + 60
            while True:
                client = BlockingKernelClient()
                client.load_connection_file(os.path.join(jupyter_runtime_dir(), f"kernel-{kernel}.json"))
                client.start_channels()
                try:
                    client.wait_for_ready(timeout=60)
                    break
                except RuntimeError:
                    # It takes a kernel that does not answer within a second for dead.
                    client.stop_channels()
                    if time.monotonic() > deadline:
                        raise
            client.execute_interactive(
                f"import subprocess; print(subprocess.run(['/bin/sh', '-c', {script!r}],"
                " stdout=subprocess.PIPE, text=True).stdout)", timeout=60)
            client.stop_channels()
        finally:
            ask("DELETE", f"kernels/{kernel}")
        """
}

/// The reading end of a pipe, emptied by a thread so that the writer never waits.
private final class Gathered {
    private var end: Descriptor?
    private let thread: BackgroundThread<[UInt8]>

    init() throws {
        let (reading, writing) = try Descriptor.pipe()
        end = writing
        thread = BackgroundThread {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = retryingInterrupts { read(reading.number, &buffer, buffer.count) }
                guard count > 0 else { return bytes }
                if bytes.count < 1 << 22 { bytes += buffer[..<count] }
            }
        }
    }

    var writing: Int32? { end?.number }

    func finish() throws -> [UInt8] {
        end = nil
        return try thread.join()
    }
}
