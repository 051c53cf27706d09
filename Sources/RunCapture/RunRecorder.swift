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
    private var printed: PrintedMetrics
    private var results: ResultFileFollower
    private var sampler: SystemSampler
    private var ticks = 0
    private var hasFailed = false

    /// The last line that reported exhausted memory.
    package private(set) var memoryError: String?
    /// Sentences for the record and the person that came up while the run lasted.
    package private(set) var warnings: [String] = []

    package init(
        journal: RunJournal, log: OutputLogWriter, printed: PrintedMetrics, results: ResultFileFollower,
        sampler: SystemSampler, voice: Voice
    ) {
        self.journal = journal
        self.log = log
        self.printed = printed
        self.results = results
        self.sampler = sampler
        self.voice = voice
    }

    /// The largest step that any metric reported.
    package var lastStep: Int64? {
        [printed.lastStep, results.lastStep].compactMap { $0 }.max()
    }

    /// Takes bytes of the command's output.
    func output(_ bytes: UnsafeRawBufferPointer, from stream: MetricSource) {
        log.append(bytes, from: stream == .stderr ? .stderr : .stdout) { line in
            record(line, from: stream)
        }
    }

    /// The stream has ended: its last line may have no line feed.
    func finish(_ stream: MetricSource) {
        log.finish(stream == .stderr ? .stderr : .stdout) { line in record(line, from: stream) }
    }

    private func record(_ line: UnsafeRawBufferPointer, from stream: MetricSource) {
        printed.scan(line, from: stream, into: journal)
        if MemoryErrorText.mayBe(in: line), let reason = MemoryErrorText.reason(in: String(decoding: line, as: UTF8.self)) {
            memoryError = reason
        }
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

    func say(_ text: String) { voice.say(text) }

    func warn(_ text: String) {
        if warnings.count < 50 { warnings.append(text) }
        journal.append(warning: text)
        voice.warn(text)
    }

    /// The run is over.
    func finish(_ end: RunEnd) {
        results.read(lookingForNewFiles: true, into: journal)
        for warning in results.takeWarnings() { warn(warning) }
        journal.append(end: end)
        flush()
    }
}
