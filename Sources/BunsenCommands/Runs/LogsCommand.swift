import ArgumentParser
import Glibc
import HostSystem
import RunStore

package struct LogsCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what a run printed.")

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
}
