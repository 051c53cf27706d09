import ArgumentParser
import Glibc
import HostSystem
import RunStore

package struct AttachCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Show what a run prints, and end as it ends.",
        discussion: """
            Shows what the run has printed so far and what comes, each stream on its own, and exits with the command's \
            own code. Ctrl-C leaves; the run goes on.
            """)

    @OptionGroup var reference: RunReference

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let (project, folder) = try reference.find(in: context)
        let console = context.console
        let signals = try SignalInbox([SIGINT])
        let output = try RunOutput(folder)
        var shown = ShownOutput(console)
        while true {
            let isRunning: Bool
            do {
                isRunning = try output.read { entry in
                    // A long output is no reason to wait for its end.
                    if shown.append(entry), !signals.read().isEmpty { throw Leaving() }
                }
            } catch is Leaving {
                return leave(folder, console)
            }
            shown.flush()
            guard isRunning else { break }
            var polls = [pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0)]
            if poll(&polls, 1, 200) > 0, !signals.read().isEmpty { return leave(folder, console) }
        }
        let manifest = try folder.readManifest()
        guard let end = manifest.end else {
            throw Failure(
                "run \(folder.id.short) was interrupted: its supervisor ended without a word",
                hint: "write its entry: bunsen record \(folder.id.short)")
        }
        console.say(manifest.sentence(for: end, console))
        if let entry = EntryWriting.existingEntry(of: folder.id, in: project.logbook) {
            console.say("entry: \(context.shown(entry))")
        }
        return end.shellCode
    }

    private struct Leaving: Error {}

    private func leave(_ folder: RunFolder, _ console: Console) -> Int32 {
        let id = folder.id.short
        if folder.isHeld { console.say("left; run \(id) goes on: bunsen attach \(id), bunsen stop \(id)") }
        return 128 + SIGINT
    }
}

/// The two streams of a run, each on our own of the same kind, in the order in which they came.
private struct ShownOutput {
    private let console: Console
    private var text = OutputText()
    private var bytes: [UInt8] = []
    private var stream = OutputStream.stdout

    init(_ console: Console) { self.console = console }

    /// Returns whether a good deal was written out.
    mutating func append(_ entry: OutputLogEntry) -> Bool {
        if entry.stream != stream { flush() }
        stream = entry.stream
        text.append(entry, to: &bytes)
        guard bytes.count > 1 << 16 else { return false }
        flush()
        return true
    }

    mutating func flush() {
        guard !bytes.isEmpty else { return }
        if stream == .stdout { console.write(bytes) } else { console.copyError(bytes) }
        bytes.removeAll(keepingCapacity: true)
    }
}
