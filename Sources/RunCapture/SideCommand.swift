import Glibc
import HostSystem

/// A short program that runs beside the command, such as nvidia-smi: starting a training must not wait for it.
package final class SideCommand {
    private let tool: Tool
    private let arguments: [String]
    private let limit = 1 << 20
    private let finished: (String) -> Void
    private var running: Tool.Running?
    private var output: [UInt8] = []
    private var isOpen = false

    /// - Parameter finished: gets the output when the program has ended; nothing is called when it could not start.
    package init(_ tool: Tool, arguments: [String], finished: @escaping (String) -> Void) {
        self.tool = tool
        self.arguments = arguments
        self.finished = finished
    }

    var processID: pid_t? { running?.child.id }
    var descriptor: Int32? { isOpen ? running?.output.number : nil }
    var isRunning: Bool { running != nil }

    func start() {
        running = try? tool.start(arguments)
        isOpen = running != nil
    }

    func read() {
        guard let running else { return }
        var buffer = [UInt8](repeating: 0, count: 16384)
        let count = buffer.withUnsafeMutableBytes { Glibc.read(running.output.number, $0.baseAddress, $0.count) }
        if count > 0 {
            output += buffer[..<min(count, max(0, limit - output.count))]
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
            isOpen = false
        }
    }

    /// The supervisor has reaped the process.
    func ended() {
        while isOpen { read() }
        running = nil
        finished(String(decoding: output, as: UTF8.self))
    }

    func stop() {
        guard let running else { return }
        kill(-running.child.id, SIGKILL)
        _ = running.child.wait()
        self.running = nil
        isOpen = false
    }
}
