import ExperimentModel
import Glibc
import HostSystem
import MetricText
import RunStore

/// Turns what the supervisor sees into the journal and the output log of a run.
///
/// A record that cannot be written never stops the training: the first failure is said to the person, writing is tried
/// again every second, and what was acknowledged stays.
package final class RunRecorder {
    /// How the recorder speaks to the person while a run lasts.
    package struct Voice {
        package var say: (String) -> Void
        package var warn: (String) -> Void

        package init(say: @escaping (String) -> Void, warn: @escaping (String) -> Void) {
            self.say = say
            self.warn = warn
        }
    }

    private let journal: RunJournal
    private let log: OutputLogWriter
    private let voice: Voice
    private let printed: PrintedLines
    private var results: ResultFileFollower
    private var sampler: SystemSampler
    private var ticks = 0
    private var hasFailed = false

    /// Sentences for the record and the person that came up while the run lasted.
    package private(set) var warnings: [String] = []

    /// - Parameter outputPath: where what the command prints is kept.
    package init(
        journal: RunJournal, outputPath: String, printed: PrintedLines, results: ResultFileFollower,
        sampler: SystemSampler, voice: Voice
    ) throws {
        self.journal = journal
        log = try OutputLogWriter(outputPath) { stream, line in printed.take(line, from: stream) }
        self.printed = printed
        self.results = results
        self.sampler = sampler
        self.voice = voice
    }

    package var memoryError: String? { printed.memoryError }

    /// The largest step that any metric reported.
    package var lastStep: Int64? {
        [printed.lastStep, results.lastStep].compactMap { $0 }.max()
    }

    /// Takes bytes of the command's output.
    func output(_ bytes: UnsafeRawBufferPointer, from stream: MetricSource) {
        log.append(bytes, stream: stream == .stderr ? .stderr : .stdout, time: .now)
    }

    /// Nobody writes any more: takes last lines without a line feed, and what is left in result files.
    func finishReading() {
        log.finish(time: .now)
        results.readToEnd(into: journal, flush: flush)
        for warning in results.takeWarnings() { warn(warning) }
    }

    /// Once a second: a reading of the machine, and what appeared in result files.
    func tick() {
        ticks += 1
        journal.append(sample: sampler.sample())
        // Looking for new files costs more than reading known ones.
        results.read(lookingForNewFiles: ticks % 2 == 1, into: journal)
        for warning in results.takeWarnings() { warn(warning) }
        flush()
    }

    /// Acknowledges everything so far: afterwards it is in the files.
    func flush() {
        do {
            try journal.flush()
            try log.flush()
            if hasFailed {
                hasFailed = false
                voice.say("the record of this run is written again")
            }
        } catch {
            guard !hasFailed else { return }
            hasFailed = true
            warn("the record of this run cannot be written (\(error)); the command goes on, and writing is tried again")
        }
    }

    /// The run's processes are this one and what it started, and not those of the supervisor.
    func follow(_ process: pid_t) { sampler.follow(process) }

    func say(_ text: String) { voice.say(text) }

    func warn(_ text: String) {
        if warnings.count < 50 { warnings.append(text) }
        journal.append(warning: text)
        voice.warn(text)
    }

    /// The run is over.
    func finish(_ end: RunEnd) {
        journal.append(end: end)
        flush()
    }
}
