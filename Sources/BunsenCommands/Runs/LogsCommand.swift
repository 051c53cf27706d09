import ArgumentParser
import Glibc
import HostSystem
import RunStore

package struct LogsCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what a run printed, or the servers of a workbench.")

    @OptionGroup var reference: RunReference

    @Flag(name: .shortAndLong, help: "Go on as long as the run lasts.")
    var follow = false

    @Flag(name: [.customShort("t"), .long], help: "Put the time before each line.")
    var timestamps = false

    @Option(name: [.customShort("n"), .long], help: "Begin with the last so many lines.")
    var tail: Int?

    @Flag(name: .long, help: "Only standard error.")
    var stderr = false

    @OptionGroup var output: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        if let workbench = WorkbenchReference(reference.run, context) { return try follow(workbench, context) }
        let (_, folder) = try reference.find(in: context)
        let printed = try RunOutput(folder, tail: tail)
        let streams = stderr ? [.stderr] : Set(OutputStream.allCases)
        var text = OutputText(times: timestamps, streams: streams)
        while true {
            var bytes: [UInt8] = []
            let isRunning = try printed.read { entry in
                switch output.format {
                case .text: text.append(entry, to: &bytes)
                case .json: if streams.contains(entry.stream) { bytes += try LogLineReport(entry).line }
                }
                if bytes.count > 1 << 20 {
                    context.console.write(bytes)
                    bytes.removeAll(keepingCapacity: true)
                }
            }
            context.console.write(bytes)
            guard follow, isRunning else { return 0 }
            usleep(200_000)
        }
    }

    /// Servers print as they like: there are no streams and no times in it.
    private func follow(_ workbench: WorkbenchReference, _ context: CommandContext) throws -> Int32 {
        if timestamps || stderr || output.format == .json {
            throw Failure(
                "the log of a workbench is plain text, without times and streams", hint: "leave the option out",
                code: .usage)
        }
        let log = try Descriptor.open(workbench.folder.logPath, O_RDONLY)
        if let tail { try skip(log, exceptLast: max(0, tail), workbench.folder.logPath) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            // Asked before reading: what was written before the end is read after it.
            let isOpen = follow && workbench.folder.isKept
            while true {
                let count = retryingInterrupts { read(log.number, &buffer, buffer.count) }
                guard count >= 0 else { throw SystemError("read", workbench.folder.logPath) }
                if count == 0 { break }
                context.console.write(Array(buffer[..<count]))
            }
            guard isOpen else { return 0 }
            usleep(200_000)
        }
    }

    private func skip(_ log: Descriptor, exceptLast lines: Int, _ path: String) throws {
        let text = try Files.read(path)
        var start = text.count
        var found = 0
        for index in text.indices.reversed() where found <= lines {
            // The newline at the very end ends the last line.
            if text[index] == UInt8(ascii: "\n"), index != text.count - 1 { found += 1 }
            if found < lines || (found == 0 && lines > 0) { start = index }
            if found == lines { break }
        }
        lseek(log.number, off_t(start), SEEK_SET)
    }
}
